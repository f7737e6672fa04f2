import type {
  CreateUserPoolClientCommandInput,
  CreateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider';
import { Complaint } from '../redis.ts';

/** How a user pool and its app client should be. */

/** Where Cognito sends people back to, below PUBLIC_URL. */
const CALLBACK_PATH = '/link/callback';
const LOGOUT_PATH = '/link/signed-out';

export const DEFAULT_NAME = 'threadcore';

const HOUR = 3600;
export const TOKEN_SECONDS = { access: HOUR, id: HOUR, refresh: 30 * 24 * HOUR } as const;

export const PASSWORD_LENGTH = 8;
export const TEMPORARY_PASSWORD_DAYS = 7;

/** The roles, strongest first: Cognito lets the lowest precedence win. */
export const GROUPS = [
  { name: 'admins', precedence: 0, description: 'May do everything' },
  { name: 'approvers', precedence: 10, description: 'May approve changes that others ask for' },
  { name: 'operators', precedence: 20, description: 'May ask for changes' },
  { name: 'viewers', precedence: 30, description: 'May ask and look' },
] as const;

/** One for each role. example.com is reserved, so that no mail reaches anybody. */
export const TEST_USERS = ['viewer', 'operator', 'approver', 'admin'].map((role) => ({
  username: `test-${role}`,
  email: `test-${role}@example.com`,
  name: `Test ${role}`,
  groups: [`${role}s`],
}));

/** What people and their identity providers say about them; Cognito prefixes the name with `custom:`. */
export const GROUPS_ATTRIBUTE = {
  Name: 'groups',
  AttributeDataType: 'String',
  Mutable: true,
  StringAttributeConstraints: { MinLength: '0', MaxLength: '2048' },
} as const;

/** A new pool. The second factor follows: CreateUserPool takes none without text messages. */
export function newPool(name: string): CreateUserPoolCommandInput {
  return {
    PoolName: name,
    AliasAttributes: ['email'],
    UsernameConfiguration: { CaseSensitive: false },
    Schema: [{ Name: 'email', AttributeDataType: 'String', Required: true, Mutable: true }, GROUPS_ATTRIBUTE],
    Policies: {
      PasswordPolicy: {
        MinimumLength: PASSWORD_LENGTH,
        RequireUppercase: true,
        RequireLowercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        TemporaryPasswordValidityDays: TEMPORARY_PASSWORD_DAYS,
      },
    },
    // People are invited, or come from the company's identity provider.
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    AutoVerifiedAttributes: ['email'],
    // A new address signs nobody in before it is confirmed.
    UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
    AccountRecoverySetting: { RecoveryMechanisms: [{ Priority: 1, Name: 'verified_email' }] },
    DeletionProtection: 'ACTIVE',
  };
}

export interface WantedUrls {
  readonly callback: string[];
  readonly logout: string[];
}

/** @throws Complaint where neither PUBLIC_URL nor an option says where people come back to. */
export function wantedUrls(
  publicUrl: string | undefined,
  more: { readonly callbackUrl: readonly string[]; readonly logoutUrl: readonly string[] },
): WantedUrls {
  const below = (path: string) => (publicUrl === undefined ? [] : [`${publicUrl}${path}`]);
  const urls = {
    callback: [...new Set([...below(CALLBACK_PATH), ...more.callbackUrl])],
    logout: [...new Set([...below(LOGOUT_PATH), ...more.logoutUrl])],
  };
  if (urls.callback.length > 0) return urls;
  throw new Complaint(
    `PUBLIC_URL is missing: people come back from signing in to <PUBLIC_URL>${CALLBACK_PATH}. Set it, or give --callback-url.`,
  );
}

type NewClient = Omit<CreateUserPoolClientCommandInput, 'UserPoolId' | 'ClientName' | 'GenerateSecret'>;

/** The settings of the app client. A secret comes with it when it is made; afterwards none can be given. */
export function wantedClient(urls: WantedUrls) {
  return {
    CallbackURLs: urls.callback,
    LogoutURLs: urls.logout,
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: ['openid', 'email', 'profile'],
    SupportedIdentityProviders: ['COGNITO'],
    // Passwords are typed into Cognito's own pages only.
    ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
    PreventUserExistenceErrors: 'ENABLED',
    EnableTokenRevocation: true,
    AccessTokenValidity: TOKEN_SECONDS.access / HOUR,
    IdTokenValidity: TOKEN_SECONDS.id / HOUR,
    RefreshTokenValidity: TOKEN_SECONDS.refresh / (24 * HOUR),
    TokenValidityUnits: { AccessToken: 'hours', IdToken: 'hours', RefreshToken: 'days' },
  } satisfies NewClient;
}
export type WantedClient = ReturnType<typeof wantedClient>;
