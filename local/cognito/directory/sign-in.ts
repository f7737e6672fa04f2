import { randomBytes, timingSafeEqual } from 'node:crypto';
import { afterFailure, isLocked, NO_FAILURES } from './lockout.ts';
import type { Pool, User } from './model.ts';
import { refusePassword } from './password-policy.ts';
import { matchTotp, toBase32 } from './totp.ts';
import { findUser } from './users.ts';

/** Signing in with a password, up to a user or to what is asked next. The pages and the API share it. */

export type Challenge =
  | { readonly name: 'NEW_PASSWORD_REQUIRED'; readonly user: User }
  | { readonly name: 'SOFTWARE_TOKEN_MFA'; readonly user: User }
  /** The pool demands a second factor and the person has none yet. */
  | { readonly name: 'MFA_SETUP'; readonly user: User; readonly secret: string };

export type Refusal =
  | 'no_such_user'
  | 'wrong_password'
  | 'locked'
  | 'disabled'
  | 'password_expired'
  | 'wrong_code'
  | 'used_code'
  | { readonly badPassword: string };

export type Outcome =
  | { readonly kind: 'signed_in'; readonly user: User }
  | { readonly kind: 'challenge'; readonly challenge: Challenge }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const DAY_MS = 86_400_000;
const refused = (refusal: Refusal): Outcome => ({ kind: 'refused', refusal });

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export function withPassword(pool: Pool, username: string, password: string, now: number): Outcome {
  const user = findUser(pool, username);
  // People of another identity provider have no password here.
  if (!user || user.password === undefined) return refused('no_such_user');
  if (isLocked(user.failures, now)) return refused('locked');
  if (!sameText(password, user.password)) {
    user.failures = afterFailure(user.failures, now);
    return refused('wrong_password');
  }
  if (!user.enabled) return refused('disabled');
  if (user.status === 'FORCE_CHANGE_PASSWORD') {
    const days = pool.settings.Policies.PasswordPolicy.TemporaryPasswordValidityDays;
    if (now > user.passwordAt + days * DAY_MS) return refused('password_expired');
    return { kind: 'challenge', challenge: { name: 'NEW_PASSWORD_REQUIRED', user } };
  }
  return afterPassword(pool, user);
}

export function withNewPassword(pool: Pool, user: User, password: string, now: number): Outcome {
  const why = refusePassword(password, pool.settings.Policies.PasswordPolicy);
  if (why !== undefined) return refused({ badPassword: why });
  setPassword(user, password, now);
  user.status = 'CONFIRMED';
  return afterPassword(pool, user);
}

/** The second factor; of a `MFA_SETUP` challenge the first code also sets it up. */
export function withCode(
  challenge: Exclude<Challenge, { name: 'NEW_PASSWORD_REQUIRED' }>,
  code: string,
  now: number,
): Outcome {
  const { user } = challenge;
  if (isLocked(user.failures, now)) return refused('locked');
  const secret = challenge.name === 'MFA_SETUP' ? challenge.secret : user.totp?.secret;
  const step = secret === undefined ? undefined : matchTotp(secret, code, now);
  if (secret === undefined || step === undefined) {
    user.failures = afterFailure(user.failures, now);
    return refused('wrong_code');
  }
  if (user.totp && step <= user.totp.usedStep) return refused('used_code');
  user.totp = { secret, usedStep: step };
  return signedIn(user);
}

export function setPassword(user: User, password: string, now: number): void {
  user.password = password;
  user.passwordAt = now;
  user.modifiedAt = now;
}

function afterPassword(pool: Pool, user: User): Outcome {
  const mode = pool.settings.MfaConfiguration;
  if (mode === 'OFF' || !pool.softwareTokenMfa) return signedIn(user);
  if (user.totp) return { kind: 'challenge', challenge: { name: 'SOFTWARE_TOKEN_MFA', user } };
  if (mode === 'OPTIONAL') return signedIn(user);
  return { kind: 'challenge', challenge: { name: 'MFA_SETUP', user, secret: toBase32(randomBytes(20)) } };
}

function signedIn(user: User): Outcome {
  user.failures = NO_FAILURES;
  return { kind: 'signed_in', user };
}
