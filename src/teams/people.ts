import { z } from 'zod';
import type { Sender } from '../chat/vocabulary.ts';
import { askedLately, createLately } from '../store/lately.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Connector } from './connector.ts';
import { teamsFailure } from './failures.ts';
import type { References } from './references.ts';
import type { Insist } from './voice.ts';

/** What Teams tells of a person in a conversation of the bot's. */
export interface TeamsPerson {
  readonly name: string;
  /** Of another organisation, invited into this tenant. */
  readonly guest: boolean;
  readonly email?: string;
}

/** Source: Teams, "Get Teams specific context for your bot", member details. */
const memberSchema = z.object({
  name: z.string().nullish(),
  email: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
  userRole: z.string().nullish(),
});

const KEPT_MS = 3_600_000;
const MOST_KEPT = 10_000;
/** How Entra writes the names of guests: `erin_example.com#EXT#@host.onmicrosoft.com`. */
const GUEST_NAME = /#EXT#/i;
/** There is no such operation there. */
const NO_SUCH_OPERATION = new Set(['http_404', 'http_405', 'http_501', 'NotFound']);

/** Looks people up, and keeps what it learnt for an hour. Throws Teams' errors: who cannot be looked up is not let in. */
export function createTeamsPeople(deps: {
  readonly connector: Connector;
  readonly references: Pick<References, 'contactOf'>;
  readonly insist: Insist;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Logger;
}) {
  const { connector, references } = deps;
  const known = createLately<Promise<TeamsPerson>>({ most: MOST_KEPT, keptMs: KEPT_MS, now: deps.now });

  async function lookUp(person: Sender): Promise<TeamsPerson> {
    const contact = await references.contactOf(person);
    if (!contact) throw new Error('nothing was heard of this person for a long time');
    const place = { serviceUrl: contact.serviceUrl, conversation: contact.seenIn };
    try {
      const member = memberSchema.parse(await deps.insist(() => connector.member(place, contact.account)));
      const { name, userPrincipalName, userRole } = member;
      const guest = userRole === 'guest' || GUEST_NAME.test(userPrincipalName ?? '');
      const email = member.email || (guest ? undefined : userPrincipalName);
      return { name: name || person.id, guest, ...(email ? { email } : {}) };
    } catch (error) {
      const failure = teamsFailure(error);
      if (failure?.kind !== 'refused' || !NO_SUCH_OPERATION.has(failure.code)) throw error;
      deps.log.warn({ code: failure.code }, 'Teams tells nothing of its people here; taken for no guest');
      return { name: person.id, guest: false };
    }
  }

  return {
    of(tenant: string, id: string): Promise<TeamsPerson> {
      return askedLately(known, `${tenant}:${id}`, () => lookUp({ id, tenant }));
    },
  };
}
