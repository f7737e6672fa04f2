import type { BlockAction } from '@slack/bolt';
import { z } from 'zod';
import { listOf, listSchema } from '../commands/session-buttons.ts';
import type { CallAside } from './asides.ts';
import type { Background } from './background.ts';
import { aboutOf } from './forms.ts';
import { personIn, presser } from './interactions.ts';
import type { Json } from './json.ts';
import type { PrivateWord } from './link-blocks.ts';
import { plain, section } from './pieces.ts';
import type { Listener, Whisper } from './whisper.ts';

/**
 * Where somebody looks at their conversations, and where what comes of a press is shown: in the private message that was
 * pressed in, in the modal, or, from the App Home, in a new modal. Forms carry it with them.
 */
export const originSchema = z.object({
  /** Where a conversation would be resumed. */
  channel: z.string().max(100),
  thread: z.string().max(100),
  at: z.union([
    z.object({ kind: z.literal('message'), url: z.url().max(1_000) }),
    z.object({ kind: z.literal('modal'), view: z.string().max(100) }),
    z.object({ kind: z.literal('home') }),
  ]),
  list: listSchema.transform(listOf),
});
export type Origin = z.infer<typeof originSchema>;

/** Somebody pressed. */
export interface Pressed {
  readonly who: Listener;
  readonly origin: Origin;
  readonly trigger: string;
}

const PATIENCE_MS = 10_000;
/** Slack opens a view for a trigger within three seconds. */
const OPEN_PATIENCE_MS = 1_000;
const TIMEOUT_MS = 5_000;

const placeSchema = originSchema.pick({ channel: true, thread: true });

export interface OriginDeps {
  readonly callAside: CallAside;
  readonly background: Background;
  readonly whisper: Whisper;
  /** The direct message of a person with the bot, as far as it is known. */
  readonly directMessageOf: (who: Listener['sender']) => Promise<string | undefined>;
}

export type Origins = ReturnType<typeof createOrigins>;

export function createOrigins(deps: OriginDeps) {
  const { callAside } = deps;

  async function replace(url: string, { text, blocks }: PrivateWord): Promise<void> {
    const body = JSON.stringify({
      response_type: 'ephemeral',
      replace_original: true,
      text,
      // Without blocks Slack would leave those that are there.
      blocks: blocks.length > 0 ? blocks : [section(text)],
    });
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(url, { method: 'POST', headers, body, signal });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`Slack did not take the answer (HTTP ${answer.status})`);
  }

  const update = (workspace: string, viewId: string, view: Json) =>
    callAside({
      workspace,
      method: 'views.update',
      args: { view_id: viewId, view },
      patienceMs: PATIENCE_MS,
    });

  return {
    /** Undefined for what says not enough. */
    async of(body: BlockAction): Promise<(Omit<Pressed, 'origin'> & { at: Origin['at'] }) | undefined> {
      const { view } = body;
      const trigger = body.trigger_id;
      if (!view) {
        const url = body.response_url;
        return url ? { who: presser(body), trigger, at: { kind: 'message', url } } : undefined;
      }
      if (view.type === 'home') {
        const { sender } = personIn(body, '', '');
        const channel = await deps.directMessageOf(sender);
        return channel === undefined
          ? undefined
          : { who: personIn(body, channel, ''), trigger, at: { kind: 'home' } };
      }
      const place = aboutOf(placeSchema, view);
      return (
        place && {
          who: personIn(body, place.channel, place.thread),
          trigger,
          at: { kind: 'modal', view: view.id },
        }
      );
    },

    /** Opens a form, or whatever else asks for something; above the modal that was pressed in. Beside the acknowledgement. */
    open(pressed: Pick<Pressed, 'who' | 'trigger'> & { readonly origin?: Origin }, view: Json): void {
      deps.background('a form could not be opened', async () => {
        const method = pressed.origin?.at.kind === 'modal' ? 'views.push' : 'views.open';
        await callAside({
          workspace: pressed.who.key.tenant,
          method,
          args: { trigger_id: pressed.trigger, view },
          patienceMs: OPEN_PATIENCE_MS,
        });
      });
    },

    /** Shows what comes of it, beside the acknowledgement. `find` may take its time. */
    show({ who, origin, trigger }: Pressed, find: () => Promise<PrivateWord>): void {
      deps.background('an answer could not be shown', async () => {
        const { at } = origin;
        const { tenant: workspace } = who.key;
        if (at.kind === 'message') {
          const word = await find();
          try {
            await replace(at.url, word);
          } catch (error) {
            // The list is too old to be changed.
            deps.whisper(who, word.text, word.blocks);
            throw error;
          }
          return;
        }
        if (at.kind === 'modal') {
          await update(workspace, at.view, answerView(origin, await find()));
          return;
        }
        const waiting = answerView(origin, { text: WAITING, blocks: [] });
        const args = { trigger_id: trigger, view: waiting };
        const opened = await callAside({
          workspace,
          method: 'views.open',
          args,
          patienceMs: OPEN_PATIENCE_MS,
        });
        const { id } = openedSchema.parse(opened.view);
        await update(workspace, id, answerView(origin, await find()));
      });
    },

    /** The form itself becomes the answer: for what was asked from the App Home. */
    showIn(who: Listener, origin: Origin, viewId: string, find: () => Promise<PrivateWord>): void {
      deps.background('an answer could not be shown', async () => {
        await update(who.key.tenant, viewId, answerView(origin, await find()));
      });
    },

    waitingView: (origin: Origin): Json => answerView(origin, { text: WAITING, blocks: [] }),
  };
}

const WAITING = 'One moment, please…';
const openedSchema = z.object({ id: z.string() });

const answerView = ({ channel, thread }: Origin, { text, blocks }: PrivateWord): Json => ({
  type: 'modal',
  title: plain('Conversations'),
  close: plain('Close'),
  private_metadata: JSON.stringify({ channel, thread }),
  blocks: blocks.length > 0 ? blocks : [section(text)],
});
