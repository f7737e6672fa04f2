import type {
  GetUserPoolMfaConfigCommandOutput,
  SetUserPoolMfaConfigCommandInput,
  TokenValidityUnitsType,
  UpdateUserPoolClientCommandInput,
  UpdateUserPoolCommandInput,
  UserPoolClientType,
  UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import { PASSWORD_LENGTH, TEMPORARY_PASSWORD_DAYS, TOKEN_SECONDS, type WantedClient } from './wanted.ts';

/**
 * What is there, with what is wanted on top. Cognito's updates put everything back to its default that they leave out, so
 * whatever a description tells goes back with them; the SDK drops members that an update does not have.
 */

/** The settings of a pool that others may have strengthened stay so. */
export function mergedPool(pool: UserPoolType): UpdateUserPoolCommandInput & { UserPoolId: string } {
  const policy = pool.Policies?.PasswordPolicy;
  const recovery = pool.AccountRecoverySetting;
  const safeRecovery = recovery?.RecoveryMechanisms?.every(({ Name }) => Name !== 'verified_phone_number');
  // Cognito refuses this one beside TemporaryPasswordValidityDays, which took its place.
  const { UnusedAccountValidityDays: _outdated, ...adminCreate } = pool.AdminCreateUserConfig ?? {};
  return {
    ...withoutOutdatedTexts(pool),
    UserPoolId: pool.Id ?? '',
    PoolName: pool.Name,
    Policies: {
      ...pool.Policies,
      PasswordPolicy: {
        ...policy,
        MinimumLength: Math.max(policy?.MinimumLength ?? 0, PASSWORD_LENGTH),
        RequireUppercase: true,
        RequireLowercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        TemporaryPasswordValidityDays: Math.min(
          policy?.TemporaryPasswordValidityDays || TEMPORARY_PASSWORD_DAYS,
          TEMPORARY_PASSWORD_DAYS,
        ),
      },
    },
    AdminCreateUserConfig: { ...adminCreate, AllowAdminCreateUserOnly: true },
    AutoVerifiedAttributes: union(pool.AutoVerifiedAttributes, ['email']),
    UserAttributeUpdateSettings: {
      ...pool.UserAttributeUpdateSettings,
      AttributesRequireVerificationBeforeUpdate: union(
        pool.UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate,
        ['email'],
      ),
    },
    AccountRecoverySetting: safeRecovery
      ? recovery
      : { RecoveryMechanisms: [{ Priority: 1, Name: 'verified_email' }] },
    DeletionProtection: 'ACTIVE',
  };
}

/** Texts from before VerificationMessageTemplate come twice in a description; twice in an update they could contradict. */
function withoutOutdatedTexts(pool: UserPoolType): UserPoolType {
  const { EmailVerificationMessage, EmailVerificationSubject, SmsVerificationMessage, ...rest } = pool;
  const template = pool.VerificationMessageTemplate ?? {};
  return {
    ...rest,
    ...(template.EmailMessage === undefined ? { EmailVerificationMessage } : {}),
    ...(template.EmailSubject === undefined ? { EmailVerificationSubject } : {}),
    ...(template.SmsMessage === undefined ? { SmsVerificationMessage } : {}),
  };
}

/** A second factor by an app for codes: offered, where nobody made it a duty. */
export function mergedMfa(
  UserPoolId: string,
  mfa: Omit<GetUserPoolMfaConfigCommandOutput, '$metadata'>,
): SetUserPoolMfaConfigCommandInput {
  return {
    UserPoolId,
    ...mfa,
    MfaConfiguration: mfa.MfaConfiguration === 'ON' ? 'ON' : 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  };
}

/**
 * `add` takes nothing away that another application may live on: addresses, scopes and flows stay, and are told by
 * `verify`. `exact` leaves only what is wanted; identity providers stay in both.
 */
export function mergedClient(
  client: UserPoolClientType,
  wanted: WantedClient,
  mode: 'add' | 'exact',
): UpdateUserPoolClientCommandInput {
  const { ClientSecret: _secret, CreationDate: _made, LastModifiedDate: _changed, ...current } = client;
  const list = <T extends string>(now: readonly T[] | undefined, then: readonly T[]): T[] =>
    mode === 'exact' && !sameSet(now ?? [], then) ? [...then] : union(now, then);
  // With rotation each refresh token works once, and Cognito does not let the plain flow stand beside it.
  const rotates = client.RefreshTokenRotation?.Feature === 'ENABLED';
  return {
    ...current,
    UserPoolId: client.UserPoolId,
    ClientId: client.ClientId,
    ...wanted,
    CallbackURLs: list(client.CallbackURLs, wanted.CallbackURLs),
    LogoutURLs: list(client.LogoutURLs, wanted.LogoutURLs),
    AllowedOAuthFlows: list(client.AllowedOAuthFlows, wanted.AllowedOAuthFlows),
    AllowedOAuthScopes: list(client.AllowedOAuthScopes, wanted.AllowedOAuthScopes),
    SupportedIdentityProviders: union(client.SupportedIdentityProviders, wanted.SupportedIdentityProviders),
    ExplicitAuthFlows: list(client.ExplicitAuthFlows, rotates ? [] : wanted.ExplicitAuthFlows),
    ...(livesAsWanted(client) ? tokenLife(client) : {}),
  };
}

function tokenLife(client: UserPoolClientType) {
  const { AccessTokenValidity, IdTokenValidity, RefreshTokenValidity, TokenValidityUnits } = client;
  return { AccessTokenValidity, IdTokenValidity, RefreshTokenValidity, TokenValidityUnits };
}

const UNIT_SECONDS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;

/** 60 minutes are an hour, and so is nothing said. */
function livesAsWanted({ TokenValidityUnits: units = {}, ...client }: UserPoolClientType): boolean {
  const seconds = (value: number | undefined, unit: keyof TokenValidityUnitsType, usual: 'hours' | 'days') =>
    value === undefined ? undefined : value * UNIT_SECONDS[units[unit] ?? usual];
  const access = seconds(client.AccessTokenValidity, 'AccessToken', 'hours') ?? UNIT_SECONDS.hours;
  const id = seconds(client.IdTokenValidity, 'IdToken', 'hours') ?? UNIT_SECONDS.hours;
  const refresh = seconds(client.RefreshTokenValidity || 30, 'RefreshToken', 'days');
  return access === TOKEN_SECONDS.access && id === TOKEN_SECONDS.id && refresh === TOKEN_SECONDS.refresh;
}

const union = <T extends string>(now: readonly T[] | undefined, more: readonly T[]): T[] => [
  ...new Set([...(now ?? []), ...more]),
];
const sameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((each) => b.includes(each));
