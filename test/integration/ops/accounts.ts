import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import {
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { onTestFinished } from 'vitest';
import type { CognitoStandIn } from '../../../local/cognito/stand-in.ts';
import { COMPILED } from '../../setup/compiled.ts';
import { adminClient, KEYS } from '../local/cognito/admin-client.ts';
import { startCognito } from '../local/cognito/application.ts';

/** An operator at a terminal, in a folder of their own, whose AWS is a stand-in that verifies signatures. */

const OPS = join(import.meta.dirname, '../../../scripts/ops.ts');

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The folder of the operator, and their commands in it. */
export async function createDesk(endpoints: Record<string, string>, dotEnv?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'ops-accounts-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, '.env');
  if (dotEnv !== undefined) await writeFile(file, dotEnv, { mode: 0o644 });

  function run(words: string, more: { env?: Record<string, string>; input?: string } = {}): Promise<Said> {
    const env = {
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      // No other place for credentials is asked.
      AWS_EC2_METADATA_DISABLED: 'true',
      HOME: folder,
      ...COMPILED,
      PUBLIC_URL: 'http://127.0.0.1:1',
      ...endpoints,
      ...more.env,
    };
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [OPS, ...words.trim().split(' ')],
        { cwd: folder, env },
        (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
      child.stdin?.end(more.input ?? '');
    });
  }

  return {
    run,
    file,
    text: () => readFile(file, 'utf8'),
    variables: async (): Promise<Record<string, string | undefined>> =>
      parseEnv(await readFile(file, 'utf8')),
    mode: async (name = '.env') => ((await stat(join(folder, name))).mode & 0o777).toString(8),
    files: async () => (await readdir(folder)).sort(),
    backups: async () => (await readdir(folder)).filter((name) => name.startsWith('.env.backup-')).sort(),
    read: (name: string) => readFile(join(folder, name), 'utf8'),
  };
}

/** A Cognito with nothing but the stand-in's own pool, and a desk to work on it. */
export async function createAccountDesk(dotEnv?: string) {
  const cognito = await startCognito({ credentials: KEYS });
  const admin = adminClient(cognito);
  const desk = await createDesk({ AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cognito.url }, dotEnv);
  return {
    ...desk,
    cognito,
    admin,
    /** What was asked of Cognito since the last time that could change something. */
    changesAsked: () => changesIn(cognito),
    async poolIds(name: string) {
      const { UserPools = [] } = await admin.send(new ListUserPoolsCommand({ MaxResults: 60 }));
      return UserPools.filter(({ Name }) => Name === name).map(({ Id = '' }) => Id);
    },
    async pool(UserPoolId: string) {
      return (await admin.send(new DescribeUserPoolCommand({ UserPoolId }))).UserPool ?? {};
    },
    async client(UserPoolId: string, ClientId: string) {
      const found = await admin.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }));
      return found.UserPoolClient ?? {};
    },
    /** What the token endpoint says to this client and secret: only a good one gets as far as its code. */
    async knocks(clientId: string, secret: string): Promise<string> {
      const answer = await fetch(`${cognito.url}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', redirect_uri: 'http://x' }),
      });
      return ((await answer.json()) as { error: string }).error;
    },
  };
}

function changesIn({ calls }: CognitoStandIn): string[] {
  const asked = calls.splice(0).map(({ operation }) => operation);
  return asked.filter((operation) => !/^(?:Admin)?(?:Get|List|Describe)|^token|^[a-z]/.test(operation));
}

export const json = (said: Said) => JSON.parse(said.out) as Record<string, unknown>;
