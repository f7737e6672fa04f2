import { allowList, integer, NOBODY, oneOf, pattern, type Reader, secureUrl } from './reader.ts';

/** How Cognito is reached. */
export interface CognitoConfig {
  readonly userPoolId: string;
  readonly region: string;
  readonly clientId: string;
  /** Undefined: a public client. */
  readonly clientSecret: string | undefined;
  /** Base address of the hosted UI. No slash at the end. */
  readonly domain: string;
  /** Undefined: at the pool's own address. */
  readonly jwksUri: string | undefined;
  /** A federated identity provider that people sign in with. */
  readonly identityProvider: string | undefined;
}

export type IdentityConfig =
  | { readonly mode: 'off' }
  | {
      readonly mode: 'required';
      readonly cognito: CognitoConfig;
      /** automatic: every account of the pool may ask. invited: only accounts in a group that gives a role. */
      readonly access: 'automatic' | 'invited';
      /** Names of the groups that give each role. */
      readonly groups: Readonly<Record<'viewer' | 'operator' | 'approver' | 'admin', readonly string[]>>;
      /** match: only a Cognito account with the e-mail address that the chat shows may be linked. */
      readonly email: 'any' | 'match';
      /** How long a question is kept for a person who has to sign in. Milliseconds. */
      readonly linkWaitMs: number;
    };

const POOL = /^([a-z]{2,3}(?:-[a-z]+){1,3}-\d)_[A-Za-z0-9]{1,46}$/;

/** `publicUrl`: what `PUBLIC_URL` holds; people's browsers come back to it. */
export function readIdentity(reader: Reader, publicUrl: string | undefined): IdentityConfig {
  const mode = reader.withDefault(
    'IDENTITY_MODE',
    oneOf('required', 'off'),
    'required',
    'required links chat accounts to Cognito; off runs every person as their chat account',
  );
  const needed = mode === 'required' ? reader.required : reader.optional;
  const settings = readSettings(reader, needed);
  if (mode === 'off') return { mode };
  if (publicUrl === undefined && !reader.problems.some((problem) => problem.startsWith('PUBLIC_URL '))) {
    reader.problem(
      'PUBLIC_URL is missing. People sign in with their browsers and come back to it: give the https:// address of your load balancer or tunnel that leads to the web role (or set IDENTITY_MODE=off)',
    );
  }
  return { mode, ...settings };
}

function readSettings(
  reader: Reader,
  needed: Reader['required'],
): Omit<Extract<IdentityConfig, { mode: 'required' }>, 'mode'> {
  const userPoolId = needed(
    'COGNITO_USER_POOL_ID',
    pattern(POOL, 'is not the id of a user pool (like us-east-2_AbCdEf123)'),
    'AWS console → Cognito → User pools → your pool → User pool ID (or set IDENTITY_MODE=off)',
  );
  const poolRegion = userPoolId === undefined ? undefined : POOL.exec(userPoolId)?.[1];
  const region = reader.optional(
    'COGNITO_REGION',
    pattern(/^[a-z]{2,3}(?:-[a-z]+){1,3}-\d$/, 'is not the name of an AWS region'),
    'Leave it out: the id of the pool names its region',
  );
  if (region !== undefined && poolRegion !== undefined && region !== poolRegion)
    reader.problem(
      `COGNITO_REGION is ${region}, but COGNITO_USER_POOL_ID is in ${poolRegion}. Leave COGNITO_REGION out`,
    );
  const clientId = needed(
    'COGNITO_CLIENT_ID',
    pattern(/^[\w+]{1,128}$/, 'is not the id of an app client'),
    'AWS console → Cognito → your pool → App clients → Client ID',
  );
  const clientSecret = reader.optional(
    'COGNITO_CLIENT_SECRET',
    pattern(/^[\w+]{1,64}$/, 'is not the secret of an app client'),
    'AWS console → Cognito → your pool → App clients → Client secret; leave it out for a client without one',
  );
  const domain = needed(
    'COGNITO_DOMAIN',
    secureUrl,
    'AWS console → Cognito → your pool → Domain: https://name.auth.region.amazoncognito.com, or your own domain',
  );
  const jwksUri = reader.optional(
    'COGNITO_JWKS_URI',
    secureUrl,
    'Leave it out: the keys are at the address of the pool',
  );
  const identityProvider = reader.optional(
    'COGNITO_IDENTITY_PROVIDER',
    pattern(/^[^\p{Z}\p{Cc}_][^\p{Z}\p{Cc}]{0,31}$/u, 'is not the name of an identity provider'),
    'AWS console → Cognito → your pool → Social and external providers → name; leave it out to let people choose',
  );
  return {
    cognito: {
      userPoolId: userPoolId ?? '',
      region: region ?? poolRegion ?? '',
      clientId: clientId ?? '',
      clientSecret,
      domain: domain?.replace(/\/+$/, '') ?? '',
      jwksUri,
      identityProvider,
    },
    access: reader.withDefault(
      'COGNITO_ACCESS',
      oneOf('automatic', 'invited'),
      'automatic',
      'automatic for every account of the pool, invited for accounts in one of the ROLE_… groups only',
    ),
    groups: {
      viewer: readGroups(reader, 'ROLE_VIEWER_GROUPS', 'viewers'),
      operator: readGroups(reader, 'ROLE_OPERATOR_GROUPS', 'operators'),
      approver: readGroups(reader, 'ROLE_APPROVER_GROUPS', 'approvers'),
      admin: readGroups(reader, 'ROLE_ADMIN_GROUPS', 'admins'),
    },
    email: reader.withDefault(
      'LINK_EMAIL',
      oneOf('any', 'match'),
      'any',
      'match to link only accounts whose e-mail address is the one that the chat shows (Slack: scope users:read.email)',
    ),
    linkWaitMs:
      reader.withDefault(
        'LINK_WAIT_HOURS',
        integer(1, 168),
        24,
        'Hours that a question is kept for a person who has to sign in',
      ) * 3_600_000,
  };
}

function readGroups(reader: Reader, name: string, usual: string): readonly string[] {
  const list = reader.withDefault(
    name,
    allowList,
    { ...NOBODY, ids: new Set([usual]) },
    `Names of Cognito groups, comma-separated; leave it out for ${usual}`,
  );
  if (list.any)
    reader.problem(`${name} must name groups; * is none. Set COGNITO_ACCESS=automatic for everybody`);
  return [...list.ids];
}
