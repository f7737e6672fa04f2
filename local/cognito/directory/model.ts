import type { ClientSettings } from '../shapes/client.ts';
import type { PoolIdentity, PoolSettings } from '../shapes/pool.ts';
import type { Failures } from './lockout.ts';

/** What the stand-in remembers. Times are epoch milliseconds. */

export interface Pool {
  /** `<region>_<letters and digits>`. */
  readonly id: string;
  identity: PoolIdentity;
  settings: PoolSettings;
  /** Whether a software token may be the second factor (SetUserPoolMfaConfig). */
  softwareTokenMfa: boolean;
  domain: string | undefined;
  readonly createdAt: number;
  modifiedAt: number;
  /** By the key of their user name: see `userKey`. */
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  readonly clients: Map<string, AppClient>;
  readonly providers: Map<string, IdentityProvider>;
}

export interface AppClient {
  readonly id: string;
  readonly poolId: string;
  /** Oldest first; all of them are good. None for a public client. */
  secrets: readonly ClientSecret[];
  settings: ClientSettings;
  readonly createdAt: number;
  modifiedAt: number;
}

export interface ClientSecret {
  readonly id: string;
  readonly value: string;
  readonly createdAt: number;
}

export interface Group {
  readonly name: string;
  readonly description: string | undefined;
  readonly roleArn: string | undefined;
  /** Lower comes first; absent is last. */
  readonly precedence: number | undefined;
  readonly createdAt: number;
  modifiedAt: number;
}

export type UserStatus = 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD' | 'EXTERNAL_PROVIDER';

export interface User {
  readonly sub: string;
  readonly username: string;
  readonly attributes: Map<string, string>;
  /**
   * In clear, unlike at AWS: the passwords of a stand-in are no secrets, and its sign-in page shows those of its own people.
   * undefined for people of another identity provider.
   */
  password: string | undefined;
  /** When the password was set; a temporary one runs out. */
  passwordAt: number;
  status: UserStatus;
  enabled: boolean;
  readonly groups: Set<string>;
  /** Groups that the identity provider named at the latest sign-in. */
  claimedGroups: readonly string[];
  /** The name of the identity provider that the person signs in with; undefined for people of the pool itself. */
  readonly provider: string | undefined;
  totp: { readonly secret: string; usedStep: number } | undefined;
  failures: Failures;
  readonly createdAt: number;
  modifiedAt: number;
}

export interface IdentityProvider {
  readonly name: string;
  readonly type: 'SAML' | 'Facebook' | 'Google' | 'LoginWithAmazon' | 'SignInWithApple' | 'OIDC';
  readonly details: Readonly<Record<string, string>>;
  /** From the pool's attribute to the provider's claim. */
  readonly attributeMapping: Readonly<Record<string, string>>;
  readonly identifiers: readonly string[];
  /** The claim with the groups of a person, which a pre token generation trigger would turn into `cognito:groups`. */
  readonly groupsClaim: string | undefined;
  readonly createdAt: number;
  modifiedAt: number;
}
