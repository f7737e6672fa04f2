import { z } from 'zod';
import type { Once } from '../turns/once.ts';
import type { Admitted } from './admitted.ts';
import type { Background } from './background.ts';
import type { Courtesy } from './courtesy.ts';
import type { HomePeople } from './home-people.ts';
import { refusedView } from './home-view.ts';
import { REFUSED } from './whisper.ts';

/** What a person can start with. `manifest.yml` has the same, for whoever has not opened the conversation yet. */
export const PROMPTS = [
  { title: 'Count instances', message: 'How many EC2 instances are running?' },
  { title: 'Find storage', message: 'Which S3 buckets do we have?' },
  { title: 'Look at databases', message: 'Which databases are there, and in which state are they?' },
] as const;

const PROMPTS_TITLE = 'What would you like to know about your cloud?';
const GREETING =
  'Hello! I answer questions about your cloud accounts and show each step I take. Write to me here, or mention me in a channel. Each message here begins a conversation of its own; write on in its thread to follow up.';
/** One greeting a person is enough. */
const GREETED_S = 400 * 86_400;
/** The name under which it is noted that somebody was greeted. */
export const greetingOf = (tenant: string, user: string): string => `greeted:${tenant}:${user}`;
/** It is said once in a life, so it may come a little late. */
const PATIENCE_MS = 60_000;

const openedSchema = z.object({
  team_id: z.string(),
  authorizations: z.array(z.object({ team_id: z.string().nullish() })).nullish(),
  event: z.object({
    user: z.string(),
    channel: z.string(),
    tab: z.string(),
    /** What stands in the Home tab; missing until something was published. */
    view: z.unknown().optional(),
  }),
});

export interface AssistantViewDeps {
  readonly admitted: Admitted;
  readonly homes: Pick<HomePeople, 'opened'>;
  readonly once: Once;
  readonly courtesy: Courtesy;
  readonly background: Background;
  readonly onIgnored: (why: string) => void;
}

/**
 * Somebody opened the direct message with the bot (`app_home_opened`): prompts each time, a greeting the first time. Or
 * its Home tab, which is published from then on whenever something of theirs changes; throws when that cannot be kept.
 */
export function createAssistantView(deps: AssistantViewDeps): (envelope: unknown) => Promise<void> {
  return async (envelope) => {
    const parsed = openedSchema.safeParse(envelope);
    if (!parsed.success) return deps.onIgnored('malformed');
    const { event, team_id: team, authorizations } = parsed.data;
    const tenant = authorizations?.[0]?.team_id ?? team;
    const { channel, user } = event;
    const key = { platform: 'slack' as const, tenant, conversation: channel, thread: '' };
    const sender = { id: user, tenant };
    const admitted = deps.admitted({ key, sender }, 'quietly');
    if (event.tab === 'home') {
      if (!admitted) return deps.background('an App Home could not be published', () => refuse(tenant, user));
      await deps.homes.opened(tenant, sender, channel, event.view === undefined);
      return;
    }
    if (!admitted || event.tab !== 'messages') return;
    deps.background('the direct message could not be prepared', async () => {
      await deps.courtesy(tenant, 'assistant.threads.setSuggestedPrompts', {
        channel_id: channel,
        title: PROMPTS_TITLE,
        prompts: PROMPTS,
      });
      if (!(await deps.once(greetingOf(tenant, user), GREETED_S))) return;
      await deps.courtesy(tenant, 'chat.postMessage', { channel, text: GREETING }, PATIENCE_MS);
    });
  };

  async function refuse(tenant: string, user: string): Promise<void> {
    await deps.courtesy(tenant, 'views.publish', { user_id: user, view: refusedView(REFUSED) });
  }
}
