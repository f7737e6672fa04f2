import { chatActor, personId } from '../chat/keys.ts';
import type { Platform } from '../chat/vocabulary.ts';

/** An account in a chat. */
export interface Account {
  readonly platform: Platform;
  /** The tenant of the account itself. */
  readonly tenant: string;
  readonly id: string;
}

/** Somebody about whom things are kept: their chat accounts, and the company account that these are linked to. */
export interface Person {
  readonly accounts: readonly Account[];
  /** Cognito's; undefined where no chat account is linked. */
  readonly sub?: string;
}

/**
 * As whom turns of a person have run: as the company account, and as each chat account, from before it was linked or
 * while there was no identity. Pure.
 */
export const actorsOf = ({ accounts, sub }: Person): string[] => [
  ...(sub === undefined ? [] : [sub]),
  ...accounts.map(({ platform, tenant, id }) => chatActor({ key: { platform }, sender: { tenant, id } })),
];

/** The names under which a person's questions come in. Pure. */
export const personIdsOf = ({ accounts }: Person): string[] => accounts.map(personId);
