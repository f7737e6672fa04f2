import { z } from 'zod';
import { shapes } from './members.ts';

/** The settings of an app client, as CreateUserPoolClient takes them, with Cognito's defaults filled in. */

const unit = z.enum(['seconds', 'minutes', 'hours', 'days']);
type Unit = z.infer<typeof unit>;

export const clientSettings = z.object({
  ClientName: shapes.name,
  RefreshTokenValidity: shapes.integer(0, 315_360_000).default(30),
  AccessTokenValidity: shapes.integer(1, 86_400).optional(),
  IdTokenValidity: shapes.integer(1, 86_400).optional(),
  TokenValidityUnits: z
    .object({ AccessToken: unit.optional(), IdToken: unit.optional(), RefreshToken: unit.optional() })
    .optional(),
  ReadAttributes: z.array(z.string().min(1).max(2048)).optional(),
  WriteAttributes: z.array(z.string().min(1).max(2048)).optional(),
  ExplicitAuthFlows: z
    .array(
      z.enum([
        'ADMIN_NO_SRP_AUTH',
        'CUSTOM_AUTH_FLOW_ONLY',
        'USER_PASSWORD_AUTH',
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
        'ALLOW_CUSTOM_AUTH',
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
        'ALLOW_USER_AUTH',
      ]),
    )
    .default(['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH']),
  SupportedIdentityProviders: z.array(shapes.providerName).optional(),
  CallbackURLs: z.array(shapes.redirectUrl).max(100).optional(),
  LogoutURLs: z.array(shapes.redirectUrl).max(100).optional(),
  DefaultRedirectURI: shapes.redirectUrl.optional(),
  AllowedOAuthFlows: z
    .array(z.enum(['code', 'implicit', 'client_credentials']))
    .max(3)
    .optional(),
  AllowedOAuthScopes: z
    .array(shapes.text(1, 256, /[\x21\x23-\x5B\x5D-\x7E]+/))
    .max(50)
    .optional(),
  AllowedOAuthFlowsUserPoolClient: z.boolean().default(false),
  AnalyticsConfiguration: z.record(z.string(), z.unknown()).optional(),
  PreventUserExistenceErrors: z.enum(['LEGACY', 'ENABLED']).default('LEGACY'),
  EnableTokenRevocation: z.boolean().default(true),
  EnablePropagateAdditionalUserContextData: z.boolean().default(false),
  AuthSessionValidity: shapes.integer(3, 15).default(3),
  RefreshTokenRotation: z
    .object({
      Feature: z.enum(['ENABLED', 'DISABLED']),
      RetryGracePeriodSeconds: shapes.integer(0, 60).optional(),
    })
    .optional(),
});

export type ClientSettings = z.infer<typeof clientSettings>;

/** Seconds that the tokens of a client live. */
export interface TokenLife {
  readonly access: number;
  readonly id: number;
  readonly refresh: number;
}

const SECONDS: Readonly<Record<Unit, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

export function tokenLife(settings: ClientSettings): TokenLife {
  const units = settings.TokenValidityUnits ?? {};
  const seconds = (value: number, valueUnit: Unit) => value * SECONDS[valueUnit];
  return {
    access: seconds(
      settings.AccessTokenValidity ?? 1,
      settings.AccessTokenValidity ? (units.AccessToken ?? 'hours') : 'hours',
    ),
    id: seconds(
      settings.IdTokenValidity ?? 1,
      settings.IdTokenValidity ? (units.IdToken ?? 'hours') : 'hours',
    ),
    // Zero means the default of 30 days.
    refresh: settings.RefreshTokenValidity
      ? seconds(settings.RefreshTokenValidity, units.RefreshToken ?? 'days')
      : seconds(30, 'days'),
  };
}
