import { numbers } from '../guardrails/gate-case.ts';

/** Made-up secrets in the forms of real ones. The pieces are put together here, so that no scanner takes them for real. */
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const WORD = UPPER + LOWER + DIGITS;

export type SecretMaker = (any: (alphabet: string, length: number) => string) => string;

export const SECRET_MAKERS: Readonly<Record<string, SecretMaker>> = {
  aws_access_key: (any) => `AK${'IA'}${any(UPPER + DIGITS, 16)}`,
  aws_temporary_key: (any) => `AS${'IA'}${any(UPPER + DIGITS, 16)}`,
  aws_secret_key: (any) => any(`${WORD}/+`, 40),
  aws_secret_in_file: (any) => `aws_secret_access_key = ${any(`${WORD}/+`, 40)}`,
  aws_session_token: (any) => `IQoJb3JpZ2lu${any(`${WORD}/+`, 300)}`,
  github: (any) => `gh${'p_'}${any(WORD, 36)}`,
  github_fine: (any) => `github_${'pat_'}${any(WORD, 22)}_${any(WORD, 59)}`,
  gitlab: (any) => `gl${'pat-'}${any(WORD, 20)}`,
  slack_bot: (any) => `xo${'xb-'}${any(DIGITS, 12)}-${any(DIGITS, 12)}-${any(WORD, 24)}`,
  slack_app: (any) => `xa${'pp-'}1-A${any(DIGITS, 10)}-${any(DIGITS, 13)}-${any(HEX, 64)}`,
  slack_hook: (any) => `https://hooks.slack.com/services/T${any(WORD, 8)}/B${any(WORD, 8)}/${any(WORD, 24)}`,
  google: (any) => `AI${'za'}${any(`${WORD}_-`, 35)}`,
  google_client: (any) => `GOC${'SPX-'}${any(WORD, 28)}`,
  stripe: (any) => `sk_${'live_'}${any(WORD, 24)}`,
  openai: (any) => `sk-${'proj-'}1${any(WORD, 48)}`,
  anthropic: (any) => `sk-${'ant-api03-'}${any(`${WORD}_-`, 93)}`,
  npm: (any) => `npm${'_'}${any(WORD, 36)}`,
  azure_storage: (any) => `DefaultEndpointsProtocol=https;AccountName=x;AccountKey=${any(`${WORD}/+`, 86)}==`,
  azure_secret: (any) => `${any(WORD, 3)}8Q~${any(WORD, 34)}`,
  azure_sas: (any) => `?sv=2022-11-02&sig=${any(WORD, 43)}%3D`,
  jwt: (any) => `ey${'J'}${any(WORD, 33)}.ey${'J'}${any(WORD, 150)}.${any(`${WORD}_-`, 43)}`,
  jwt_long: (any) => `ey${'J'}${any(WORD, 60)}.ey${'J'}${any(WORD, 900)}.${any(`${WORD}_-`, 342)}`,
  pem: (any) =>
    `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${any(`${WORD}/+`, 64)}\n${any(`${WORD}/+`, 64)}\n-----END RSA PRIVATE KEY-----`,
  openssh: (any) => `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----\n${any(`${WORD}/+`, 70)}`,
  database: (any) => `postgres://app:${any(WORD, 12)}@db.example.com:5432/app`,
  mongo: (any) => `mongodb+srv://root:${any(WORD, 16)}@c0.example.net`,
  sql_server: (any) => `Server=db;User Id=sa;Password=${any(WORD, 12)};`,
  password: (any) => `password: ${any(WORD, 8)}1!`,
  bold_password: (any) => `**Password:** ${any(WORD, 8)}1!`,
  bold_label: (any) => `**DB password**: ${any(WORD, 8)}1!`,
  password_below: (any) => `Your password is:\n\n\`\`\`text\n${any(WORD, 8)}1!\n\`\`\``,
  password_in_bold: (any) => `The password is: **${any(WORD, 8)}1!**`,
  german_password: (any) => `Das Passwort lautet: ${any(WORD, 8)}1!`,
  password_in_table: (any) => `| Password | ${any(WORD, 8)}1! |`,
  netrc: (any) => `machine api.example.com login me password ${any(WORD, 8)}1!`,
  kubeconfig: (any) => `    token: ${any(WORD, 30)}1${any(WORD, 9)}`,
  unknown_service: (any) => `PAGER_TOKEN=${any(WORD, 11)}1${any(WORD, 9)}`,
  unknown_secret: (any) => `EXAMPLE_API_SECRET=${any(WORD, 11)}1${any(WORD, 9)}`,
  jwt_secret: (any) => `JWT_SECRET=${any(WORD, 11)}1${any(WORD, 9)}`,
  nuget: (any) => `oy${'2'}${any(LOWER + DIGITS, 43)}`,
  environment: (any) => `DB_PASSWORD=${any(WORD, 10)}9`,
  yaml: (any) => `client_secret: "${any(WORD, 20)}7"`,
  azure_key_in_json: (any) => `"primaryMasterKey": "${any(`${WORD}/+`, 86)}=="`,
  azure_function: (any) => `https://x.azurewebsites.net/api/f?code=${any(`${WORD}_-`, 54)}==`,
  azure_devops: (any) => `${any(WORD, 76)}AZ${'DO'}${any(WORD, 4)}`,
  ssh2: (any) => `---- BEGIN SSH2 ENCRYPTED ${'PRIVATE'} KEY ----\n${any(`${WORD}/+`, 70)}`,
  pem_in_base64: (any) => `tls.key: LS0tLS1CRUdJTiBQUklW${'QVRFIEtFWS0t'}${any(`${WORD}/+`, 200)}`,
  groq: (any) => `gsk${'_'}${any(WORD, 52)}`,
  xai: (any) => `xai${'-'}${any(WORD, 80)}`,
  newrelic: (any) => `NRAK${'-'}${any(UPPER + DIGITS, 27)}`,
  figma: (any) => `fi${'gd_'}${any(WORD, 40)}`,
  linear: (any) => `lin_${'api_'}${any(WORD, 40)}`,
  notion: (any) => `nt${'n_'}${any(WORD, 46)}`,
  terraform: (any) => `${any(WORD, 14)}.atlas${'v1.'}${any(WORD, 67)}`,
  supabase: (any) => `sb${'p_'}${any(HEX, 40)}`,
  mailchimp: (any) => `${any(HEX, 32)}-us${any(DIGITS, 1)}`,
  tailscale: (any) => `tskey${'-auth-'}${any(WORD, 16)}-${any(WORD, 32)}`,
  discord_hook: (any) => `https://discord.com/api/webhooks/1${any(DIGITS, 17)}/${any(WORD, 68)}`,
  basic: (any) => `Authorization: Basic ${Buffer.from(`app:${any(WORD, 9)}`).toString('base64')}`,
  registry: (any) => `"auth": "${Buffer.from(`app:${any(WORD, 9)}`).toString('base64')}"`,
  curl: (any) => `curl -s -u admin:${any(WORD, 8)}1 https://example.com`,
  flag: (any) => `mysql -u root --password ${any(WORD, 8)}1`,
  xml: (any) => `<password>${any(WORD, 8)}1</password>`,
  bearer: (any) => `Authorization: Bearer 1${any(WORD, 40)}`,
};

/** One of each kind by chance, the same for the same seed. */
export function makeSecret(kind: string, seed: number): string {
  const random = numbers(seed);
  const any = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('');
  return SECRET_MAKERS[kind]?.(any) ?? '';
}
