import { z } from 'zod';
import { askedLately, createLately } from '../store/lately.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Pause } from '../turns/pace.ts';
import type { SlackClient } from './client.ts';
import { slackFailure } from './failures.ts';

/** What Slack tells of a person. */
export interface SlackPerson {
  readonly name: string;
  /** Single- or multi-channel guest, or a stranger from another company. */
  readonly guest: boolean;
  /** Only with the scope `users:read.email`. */
  readonly email?: string;
  /** The language that they have Slack in (BCP 47). */
  readonly locale?: string;
}

export interface Itself {
  readonly workspace: string;
  readonly userId: string;
}

const userSchema = z.object({
  name: z.string().optional(),
  real_name: z.string().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  locale: z.string().optional(),
  profile: z
    .object({
      display_name: z.string().optional(),
      real_name: z.string().optional(),
      email: z.string().optional(),
    })
    .optional(),
});

const KEPT_MS = 3_600_000;
const MOST_KEPT = 10_000;
const MOST_TRIES = 3;
/** A longer wait than this is no use to whoever waits for an answer. */
const PATIENCE_MS = 30_000;
/** There are no guests where there is no such method, and none of this name: Slack knows those of its own workspaces. */
const NOBODY_SPECIAL = new Set([
  'unknown_method',
  'not_implemented',
  'http_404',
  'http_501',
  'user_not_found',
]);

/** Looks people up (`users.info`), and keeps what it learnt for an hour. Throws Slack's errors: who cannot be looked up is not let in. */
export function createSlackPeople(deps: {
  readonly client: SlackClient;
  readonly pause: Pause;
  /** Ends all waiting. */
  readonly closing: AbortSignal;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Logger;
}) {
  const { client } = deps;
  const known = createLately<Promise<SlackPerson>>({ most: MOST_KEPT, keptMs: KEPT_MS, now: deps.now });
  let itself: Promise<Itself> | undefined;

  async function call(method: string, args: Record<string, unknown>) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await client.call(method, args);
      } catch (error) {
        const failure = slackFailure(error);
        const waitMs = failure?.kind === 'rate_limited' ? failure.waitMs : 0;
        if (failure?.kind === 'refused' || !failure || tries >= MOST_TRIES || waitMs > PATIENCE_MS)
          throw error;
        await deps.pause(Math.max(waitMs, 200 * tries), deps.closing);
      }
    }
  }

  async function lookUp(id: string): Promise<SlackPerson> {
    try {
      const answer = await call('users.info', { user: id, include_locale: true });
      const user = userSchema.parse(answer.user ?? {});
      const { profile } = user;
      const email = profile?.email;
      return {
        name: profile?.display_name || profile?.real_name || user.real_name || user.name || id,
        guest: Boolean(user.is_restricted || user.is_ultra_restricted || user.is_stranger),
        ...(email ? { email } : {}),
        ...(user.locale ? { locale: user.locale } : {}),
      };
    } catch (error) {
      const failure = slackFailure(error);
      if (failure?.kind !== 'refused' || !NOBODY_SPECIAL.has(failure.code)) throw error;
      deps.log.warn(
        { code: failure.code },
        'Slack does not know somebody who has written; taken for no guest',
      );
      return { name: id, guest: false };
    }
  }

  return {
    of(tenant: string, id: string): Promise<SlackPerson> {
      return askedLately(known, `${tenant}:${id}`, () => lookUp(id));
    },

    /** The bot, and the name of the workspace that it is installed in. */
    async itself(): Promise<Itself> {
      itself ??= call('auth.test', {}).then(({ team, user_id: userId }) => ({
        workspace: typeof team === 'string' ? team : 'Slack',
        userId: typeof userId === 'string' ? userId : '',
      }));
      try {
        return await itself;
      } catch (error) {
        itself = undefined;
        throw error;
      }
    },
  };
}
