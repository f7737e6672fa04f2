import type { BlockAction } from '@slack/bolt';
import { z } from 'zod';
import type { Asker, Commands } from '../commands/commands.ts';
import type { Admitted } from './admitted.ts';
import type { Background } from './background.ts';
import type { Courtesy } from './courtesy.ts';
import { pressedValue, presser } from './interactions.ts';
import type { Whisper } from './whisper.ts';

/** Slack's own Stop button (`agent_session_stopped`): it names the place and the person, not the turn. */
const stoppedSchema = z.object({
  team_id: z.string(),
  event_id: z.string(),
  authorizations: z.array(z.object({ team_id: z.string().nullish() })).nullish(),
  event: z.object({ channel: z.string(), thread_ts: z.string(), user: z.string() }),
});

export interface StoppingDeps {
  readonly admitted: Admitted;
  readonly commands: Commands;
  readonly courtesy: Courtesy;
  readonly background: Background;
  readonly whisper: Whisper;
  readonly onIgnored: (why: string) => void;
}

/** People end turns with buttons: ours below a message, and Slack's own under the thread. Both throw when Redis is away. */
export function createStopping(deps: StoppingDeps) {
  const { admitted } = deps;

  return {
    /** Our button. */
    async pressed(body: BlockAction): Promise<void> {
      const asker = presser(body);
      if (!admitted(asker)) return;
      const { text } = await deps.commands.stopTurn(pressedValue(body), asker);
      deps.whisper(asker, text);
    },

    /** Slack's button. It stops what the presser asked; Slack leaves the status of the session to the app. */
    async native(envelope: unknown): Promise<void> {
      const parsed = stoppedSchema.safeParse(envelope);
      if (!parsed.success) return deps.onIgnored('malformed');
      const { event, event_id: eventId, team_id: team, authorizations } = parsed.data;
      const tenant = authorizations?.[0]?.team_id ?? team;
      const asker: Asker = {
        key: { platform: 'slack', tenant, conversation: event.channel, thread: event.thread_ts },
        sender: { id: event.user, tenant },
      };
      if (!admitted(asker, 'quietly')) return;
      const stop = { name: 'stop', all: false } as const;
      const answer = await deps.commands.runOnce(stop, asker, `slack:event:${eventId}`);
      if (!answer || answer.atWork) return;
      deps.whisper(asker, answer.text);
      // No worker of theirs says more in the thread: without this the session would look busy for ever.
      deps.background('the session could not be shown as idle', async () => {
        await deps.courtesy(tenant, 'agents.sessions.setStatus', {
          channel_id: event.channel,
          thread_ts: event.thread_ts,
          status: 'active',
        });
      });
    },
  };
}
