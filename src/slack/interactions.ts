import type { BlockAction, ViewSubmitAction } from '@slack/bolt';
import { RETRY_SPENT, retryText } from '../commands/intake-words.ts';
import { disputedText, type WithheldAnswers } from '../commands/withheld.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { Admitted } from './admitted.ts';
import type { CallAside } from './asides.ts';
import type { Background } from './background.ts';
import type { SlackFeedback } from './feedback.ts';
import { isTurnId, readFeedbackValue, readReasonForm } from './feedback-blocks.ts';
import type { Json } from './json.ts';
import { RETRY_ACTION } from './render.ts';
import { escapeText } from './text.ts';
import type { Listener, Whisper } from './whisper.ts';

/** `chat.update` takes 4,000 bytes of `text`; the blocks hold the whole. */
const TEXT_BYTES = 3_900;

/** A button that stays a little longer does no harm: it is known to be spent. */
const PATIENCE_MS = 60_000;

export interface InteractionsDeps {
  readonly callAside: CallAside;
  readonly admitted: Admitted;
  readonly accept: Pick<Accept, 'retryTurn'>;
  readonly feedback: SlackFeedback;
  readonly withheld: WithheldAnswers;
  readonly background: Background;
  readonly whisper: Whisper;
  readonly onIgnored: (why: string) => void;
}

/**
 * What people press and fill in. Each throws when something could not be stored: Slack then shows the person that it
 * did not work.
 */
export function createInteractions(deps: InteractionsDeps) {
  const { admitted } = deps;

  /** Takes the Retry button out of the message that it was pressed in. */
  function withdrawRetry(body: BlockAction): void {
    const { channel, message, container } = body;
    const blocks = withoutRetry(message?.blocks);
    if (!channel || !message || !blocks || container?.is_ephemeral === true) return;
    deps.background('a Retry button that is spent could not be taken away', async () => {
      const metadata: unknown = message.metadata;
      await deps.callAside({
        workspace: tenantOf(body),
        method: 'chat.update',
        args: {
          channel: channel.id,
          ts: message.ts,
          text: clip(message.text ?? ''),
          blocks,
          ...(metadata ? { metadata } : {}),
        },
        patienceMs: PATIENCE_MS,
      });
    });
  }

  return {
    async retry(body: BlockAction): Promise<void> {
      const who = presser(body);
      if (!admitted(who)) return;
      const result = await deps.accept.retryTurn(pressedValue(body), who.sender);
      if (RETRY_SPENT.has(result)) withdrawRetry(body);
      // The question that is asked again shows itself.
      if (result !== 'accepted' && who.key.conversation !== '') deps.whisper(who, retryText(result, 'slack'));
    },

    async feedback(body: BlockAction): Promise<void> {
      const who = presser(body);
      const said = readFeedbackValue(pressedValue(body));
      if (!said) return deps.onIgnored('malformed');
      if (admitted(who)) await deps.feedback.pressed(who, said.turnId, said.value, body.trigger_id);
    },

    async tellWhy(body: BlockAction): Promise<void> {
      const who = presser(body);
      const turnId = pressedValue(body);
      if (!isTurnId(turnId)) return deps.onIgnored('malformed');
      if (admitted(who)) deps.feedback.ask(who, turnId, body.trigger_id);
    },

    async reason(body: ViewSubmitAction): Promise<void> {
      const form = readReasonForm(body.view);
      if (!form) return deps.onIgnored('malformed');
      const { turn, channel, thread } = form.origin;
      const who = personIn(body, channel, thread);
      if (admitted(who)) await deps.feedback.explained(who, turn, form.reason);
    },

    async why(body: BlockAction): Promise<void> {
      const who = presser(body);
      if (!admitted(who)) return;
      const text = await deps.withheld.explain(pressedValue(body), who.sender);
      deps.whisper(who, escapeText(text));
    },

    async dispute(body: BlockAction): Promise<void> {
      const who = presser(body);
      const turnId = pressedValue(body);
      if (!isTurnId(turnId)) return deps.onIgnored('malformed');
      if (!admitted(who)) return;
      const noted = await deps.withheld.dispute(turnId, who.sender);
      deps.whisper(who, disputedText(noted));
    },
  };
}

/** Who pressed, and in which thread. */
export function presser(body: BlockAction): Listener {
  const { message, container } = body;
  const thread: unknown = message?.thread_ts ?? container?.thread_ts ?? message?.ts ?? '';
  return personIn(body, body.channel?.id ?? '', String(thread));
}

/** What every interaction says of who and where. */
interface Actor {
  readonly team?: { readonly id: string } | null;
  readonly user: { readonly id: string; readonly team_id?: string };
}

function tenantOf(body: Actor): string {
  return body.team?.id ?? body.user.team_id ?? '';
}

/** The person of an interaction, in this place. */
export function personIn(body: Actor, conversation: string, thread: string): Listener {
  const tenant = tenantOf(body);
  return {
    key: { platform: 'slack', tenant, conversation, thread },
    sender: { id: body.user.id, tenant: body.user.team_id ?? tenant },
  };
}

/** What the control that was used stands for. */
export function pressedValue(body: BlockAction): string {
  const [action] = body.actions;
  if (action && 'selected_option' in action && action.selected_option && 'value' in action.selected_option)
    return String(action.selected_option.value);
  return action && 'value' in action ? String(action.value) : '';
}

/** The blocks as they were, without the button; undefined when it is not among them. */
function withoutRetry(blocks: unknown): Json[] | undefined {
  if (!Array.isArray(blocks)) return undefined;
  let found = false;
  const left = (blocks as Json[]).flatMap((block) => {
    if (block.type !== 'actions' || !Array.isArray(block.elements)) return [block];
    const elements = (block.elements as Json[]).filter((element) => element.action_id !== RETRY_ACTION);
    if (elements.length === block.elements.length) return [block];
    found = true;
    return elements.length === 0 ? [] : [{ ...block, elements }];
  });
  return found ? left : undefined;
}

function clip(text: string): string {
  if (Buffer.byteLength(text) <= TEXT_BYTES) return text;
  return `${[...text].slice(0, 900).join('')}…`;
}
