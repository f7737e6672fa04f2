import type { Pool, User } from './directory/model.ts';
import { totpCode } from './directory/totp.ts';
import { addGroup, findUser } from './directory/users.ts';
import type { Tokens } from './tokens/issue.ts';

/** What a test does to the people of the pool without the way through the API. Names may be e-mail addresses. */
export interface Admin {
  /** The one-time code of this moment of a person with a second factor. */
  totp(username: string): string;
  /** The person can no longer sign in, and the tokens are worth nothing to Cognito. */
  disable(username: string): void;
  enable(username: string): void;
  /** Ends all tokens of a person (not the browser's session), like AdminUserGlobalSignOut. */
  signOutEverywhere(username: string): void;
  /** The groups from the next token on; those that do not exist are made. */
  setGroups(username: string, groups: readonly string[]): void;
}

export function createAdmin(deps: { pool: Pool; tokens: Tokens; now: () => number }): Admin {
  const { pool, tokens, now } = deps;

  function person(username: string): User {
    const user = findUser(pool, username);
    if (!user) throw new Error(`The pool has no user ${username}`);
    return user;
  }

  return {
    totp(username) {
      const { totp } = person(username);
      if (!totp) throw new Error(`${username} has no second factor`);
      return totpCode(totp.secret, now());
    },
    disable(username) {
      const user = person(username);
      user.enabled = false;
      tokens.revokeAll(user);
    },
    enable(username) {
      person(username).enabled = true;
    },
    signOutEverywhere(username) {
      tokens.revokeAll(person(username));
    },
    setGroups(username, groups) {
      const user = person(username);
      user.groups.clear();
      for (const name of groups) {
        if (!pool.groups.has(name)) addGroup(pool, { name }, now());
        user.groups.add(name);
      }
    },
  };
}
