import { z } from 'zod';
import { allowList, idList, isLoopback, NOBODY, pattern, type Reader, secureUrl } from './reader.ts';

export interface TeamsConfig {
  /** Undefined: nothing is signed, in either direction. Only on a listener of this machine. */
  readonly appId: string | undefined;
  readonly appPassword: string | undefined;
  /** Undefined: the app is multi-tenant. */
  readonly tenantId: string | undefined;
  /** Hosts (`name` or `name:port`) that may be sent a token; nobody else is. */
  readonly serviceUrlHosts: ReadonlySet<string>;
  /** Hosts (`name`, `name:port`, `*.name`) that files are fetched from and put to. */
  readonly fileHosts: ReadonlySet<string>;
  /** Where tokens for replies come from. */
  readonly tokenUrl: string;
  /** Names the keys that sign what Teams sends. */
  readonly openIdMetadataUrl: string;
  /** Unsigned activities are taken, from this machine only. */
  readonly allowUnauthenticatedLoopback: boolean;
}

/** Where Teams' own connectors are, in the public cloud. */
const SERVICE_HOSTS = 'smba.trafficmanager.net';
/** OneDrive and SharePoint, where Teams keeps files. */
const FILE_HOSTS = '*.sharepoint.com';
const LOGIN_URL = 'https://login.microsoftonline.com';
const METADATA_URL = 'https://login.botframework.com/v1/.well-known/openidconfiguration';
/** The tenant that gives tokens to multi-tenant bots. */
const BOT_FRAMEWORK_TENANT = 'botframework.com';

const APP_ID_IS = 'Azure portal → your Azure Bot → Configuration → Microsoft App ID';
const PASSWORD_IS =
  'Azure portal → App registrations → your app → Certificates & secrets → the Value of a client secret';
const TENANT_IS = 'Azure portal → Microsoft Entra ID → Overview → Tenant ID';

const guid = (what: string) =>
  pattern(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, `is not ${what} (32 hex digits with hyphens)`);

const yesOrNo: z.ZodType<boolean, string> = z.stringbool({
  truthy: ['yes', 'true', '1'],
  falsy: ['no', 'false', '0'],
  error: 'must be yes or no',
});

const appType: z.ZodType<'multi' | 'single', string> = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(
    z.enum(['multitenant', 'singletenant'], {
      error: 'must be MultiTenant or SingleTenant (managed identities are not supported)',
    }),
  )
  .transform((type) => (type === 'multitenant' ? 'multi' : 'single'));

/** A star would send our tokens to whoever asks for them. */
const hosts: z.ZodType<ReadonlySet<string>, string> = allowList
  .refine(
    ({ any, ids }) =>
      !any && [...ids].every((host) => /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/i.test(host)),
    'must be host names, comma-separated, each with a port where it has one; no * and no https://',
  )
  .transform(({ ids }) => new Set([...ids].map((host) => host.toLowerCase())));

const fileHosts: z.ZodType<ReadonlySet<string>, string> = allowList
  .refine(
    ({ any, ids }) =>
      !any &&
      [...ids].every((host) =>
        /^(?:(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost)(?::\d{1,5})?$/i.test(host),
      ),
    'must be host names, comma-separated; *.example.com for all below example.com; no * alone and no https://',
  )
  .transform(({ ids }) => new Set([...ids].map((host) => host.toLowerCase())));

/**
 * Undefined where nothing is said of Teams. `host`: where the web role listens.
 */
export function readTeams(reader: Reader, host: string): TeamsConfig | undefined {
  const appId = reader.optional('MICROSOFT_APP_ID', guid('an app id'), APP_ID_IS);
  const appPassword = reader.optional(
    'MICROSOFT_APP_PASSWORD',
    pattern(/^[!-~]+$/, 'must have no spaces'),
    PASSWORD_IS,
  );
  const tenantId = reader.optional('MICROSOFT_APP_TENANT_ID', guid('a tenant id'), TENANT_IS);
  const type = reader.withDefault(
    'MICROSOFT_APP_TYPE',
    appType,
    'multi',
    'Azure portal → your Azure Bot → Configuration → Bot Type; leave it out for MultiTenant',
  );
  const serviceUrlHosts = reader.withDefault(
    'TEAMS_SERVICE_URL_HOSTS',
    hosts,
    new Set([SERVICE_HOSTS]),
    `Leave it out for the public cloud, ${SERVICE_HOSTS}`,
  );
  const files = reader.withDefault(
    'TEAMS_FILE_HOSTS',
    fileHosts,
    new Set([FILE_HOSTS]),
    `Leave it out for the public cloud, ${FILE_HOSTS}`,
  );
  const loginUrl = reader.withDefault(
    'TEAMS_LOGIN_URL',
    secureUrl,
    LOGIN_URL,
    `Leave it out for the public cloud, ${LOGIN_URL}`,
  );
  const openIdMetadataUrl = reader.withDefault(
    'TEAMS_OPENID_METADATA_URL',
    secureUrl,
    METADATA_URL,
    'Leave it out for the public cloud',
  );
  const unsigned = reader.withDefault(
    'TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK',
    yesOrNo,
    false,
    'yes takes unsigned activities from this machine, for a laptop; leave it out for no',
  );
  const { given } = reader;
  if (!given('MICROSOFT_APP_ID') && !given('MICROSOFT_APP_PASSWORD') && !unsigned) return undefined;

  if (!given('MICROSOFT_APP_ID') && !unsigned)
    reader.problem(
      `MICROSOFT_APP_ID is missing: without it anybody could write to the bot as anyone. ${APP_ID_IS}`,
    );
  if (given('MICROSOFT_APP_ID') && !given('MICROSOFT_APP_PASSWORD'))
    reader.problem(`MICROSOFT_APP_PASSWORD is missing. ${PASSWORD_IS}`);
  if (type === 'single' && !given('MICROSOFT_APP_TENANT_ID'))
    reader.problem(`MICROSOFT_APP_TENANT_ID is missing: MICROSOFT_APP_TYPE is SingleTenant. ${TENANT_IS}`);
  if (unsigned && !isLoopback(host))
    reader.problem(
      'TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK takes unsigned activities, so HOST must be 127.0.0.1. It is for a laptop; leave it out everywhere else',
    );
  return {
    appId,
    appPassword,
    tenantId: type === 'single' ? tenantId : undefined,
    serviceUrlHosts,
    fileHosts: files,
    tokenUrl: tokenUrlOf(loginUrl, type === 'single' ? (tenantId ?? '') : BOT_FRAMEWORK_TENANT),
    openIdMetadataUrl,
    allowUnauthenticatedLoopback: unsigned,
  };
}

/** Tenants whose people may talk to the bot. */
export const readTeamsTenants = (reader: Reader) =>
  reader.withDefault(
    'ALLOWED_TEAMS_TENANTS',
    idList,
    NOBODY,
    'Microsoft tenant ids, comma-separated (Azure portal → Microsoft Entra ID → Overview → Tenant ID)',
  );

/** An address with a path names the tenant already. */
function tokenUrlOf(loginUrl: string, tenant: string): string {
  const base = loginUrl.replace(/\/+$/, '');
  if (base.endsWith('/token')) return base;
  const named = new URL(base).pathname !== '/';
  return `${base}${named ? '' : `/${tenant}`}/oauth2/v2.0/token`;
}
