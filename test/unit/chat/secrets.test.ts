import { describe, expect, it } from 'vitest';
import { maskSecrets, secretIn } from '../../../src/chat/secrets.ts';
import { makeSecret, SECRET_MAKERS } from './known-secrets.ts';

const KINDS = Object.keys(SECRET_MAKERS);
const ROUNDS = Number(process.env.SECRET_ROUNDS ?? 60);

describe.each(KINDS)('a secret such as %s', (kind) => {
  it('is recognised in words, code and files, however it came about', () => {
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      const secret = makeSecret(kind, seed);
      for (const text of [
        secret,
        `It is ${secret} and that is all.`,
        `\`\`\`\n${secret}\n\`\`\``,
        `(\`${secret}\`)`,
        `**${secret}**`,
        `"key": "${secret}",`,
      ]) {
        expect({ text, secret: secretIn(text) }).toEqual({ text, secret: expect.any(String) });
        expect(maskSecrets(text)).not.toContain(secret);
      }
    }
  });

  it('is recognised by its first 200 characters', () => {
    expect(secretIn(makeSecret(kind, 7).slice(0, 200))).toBeDefined();
  });

  it('is recognised with invisible characters and letters of other alphabets', () => {
    const secret = makeSecret(kind, 3);
    expect(secretIn([...secret].join('\u200b'))).toBeDefined();
    expect(secretIn(secret.replaceAll('A', '\u0410').replaceAll('p', '\u0440'))).toBeDefined();
    expect(secretIn(secret.replaceAll('e', '\uff45'))).toBeDefined();
  });

  it('is recognised with what Markdown does not show', () => {
    const secret = makeSecret(kind, 4);
    expect(secretIn(secret.replaceAll(/[_~.+]/g, '\\$&'))).toBeDefined();
    expect(secretIn(secret.replace(/([A-Za-z]{3})(?=[A-Za-z]{3})/, '$1**'))).toBeDefined();
  });
});

it.each([
  'arn:aws:iam::123456789012:role/Admin',
  'The account 123456789012 runs i-0abcd1234ef567890 in vpc-0a1b2c3d4e5f67890.',
  'arn:aws:lambda:us-east-2:123456789012:function:my-function:PROD',
  'commit 356a192b7913b04c54574d18c28d46e6395428ab',
  'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'The password is stored in Secrets Manager.',
  '**Password:** stored in Secrets Manager',
  '| User | Password | MFA |',
  '(user|password|passwd1234|key)',
  '| Password | 2026-11-01 | yes |',
  '| Password | last used 3 days ago |',
  'DB_SECRET=prod-db-credentials-2024',
  'token: YOUR_ACCESS_TOKEN_HERE_1',
  '"NextToken": "AAAAA1b2c3d4e5f6g7h8i9"',
  'next_token=AAAAA1b2c3d4e5f6g7h8i9 and --starting-token AAAA',
  'token = data.aws_eks_cluster_auth.main2.token',
  'max_tokens: 4096, and the token is valid for 12 hours',
  'password = var.db_password',
  'password = aws_secretsmanager_secret_version.db1.secret_string',
  "password = os.environ['DB_PASSWORD_2']",
  'MasterUserPassword: !Ref Password1',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a form of GitHub Actions
  'password: ${{ secrets.PROD_PASSWORD2 }}',
  'Basic authentication is off; use Basic credentials or Authorization: Basic <credentials>',
  '--- PASS: TestLogin2 (0.01s)',
  'pwd: /home/ubuntu1',
  'curl -u user:password https://example.com',
  '-----BEGIN CERTIFICATE-----',
  'tls.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUR',
  'aws secretsmanager get-secret-value --secret-id prod/db-1 --token-file /tmp/t1',
  'eu-west-1.us-east-1 and i-0abcd1234ef567890-us',
  'a \\*literal\\* star, `code`s and **bold**ness',
  'your password must have at least 12 characters',
  'aws_secret_access_key = <your secret key>',
  'basic understanding of scikit-learn-compatible-estimators',
  'postgres://app:****@db.example.com/app',
  'https://example.com:8443/path@v2',
  'src/main/java/com/example/project/Foo.java',
  's3://bucket/AWSLogs/123456789012/CloudTrail/us-east-2/2026/11/26/',
  'The task-scheduler-with-a-long-name-2 failed.',
  'organizationalUnitsWithLongCamelCaseNames',
  '2026-11-26T20:51:48.000Z',
  '550e8400-e29b-41d4-a716-446655440000',
])('no secret is seen in: %s', (text) => {
  expect(secretIn(text)).toBeUndefined();
  expect(maskSecrets(text)).toBe(text);
});

it('is recognised in JSON that stands in JSON', () => {
  const text = JSON.stringify(JSON.stringify({ password: 'hunter22', db: 'x' }));
  expect(secretIn(text)).toBe('password');
  expect(maskSecrets(text)).not.toContain('hunter22');
});

it('ordinary paths and names of 40 characters are none', () => {
  for (const text of [
    'src/main/java/com/example/billing/Invoic',
    'infrastructure/modules/vpc/Endpoints/mai',
    'AmazonEC2ContainerRegistryReadOnlyPolicy',
    'getOrCreateConversationForThreadAndActor',
  ]) {
    expect(secretIn(text.padEnd(40, 'e').slice(0, 40))).toBeUndefined();
  }
});
