import { z } from 'zod';

/** What a thread on the chat page says, as plain text for a terminal. Pure. */

const blockSchema = z.looseObject({ type: z.string() });

export const messageSchema = z.looseObject({
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().optional(),
  bot_id: z.string().optional(),
  text: z.string().default(''),
  blocks: z.array(blockSchema).default([]),
  is_ephemeral: z.boolean().optional(),
  streaming_state: z.string().optional(),
  state: z.enum(['streaming', 'done']).default('done'),
});

export type PageMessage = z.infer<typeof messageSchema>;

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly status: string;
}

export interface ReplyRead {
  readonly text: string;
  readonly steps: readonly Step[];
  /** The bot's own remarks, such as why an answer failed. */
  readonly notices: readonly string[];
  readonly offersRetry: boolean;
}

type Block = z.infer<typeof blockSchema>;

const unescapeText = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const textOf = (block: Block): string => {
  const { text } = block;
  if (typeof text === 'string') return unescapeText(text);
  const inner = (text as { text?: unknown } | undefined)?.text;
  return typeof inner === 'string' ? unescapeText(inner) : '';
};

/** Reads one message of the bot. A message without blocks is its text. */
export function readMessage(message: PageMessage): ReplyRead {
  const { blocks } = message;
  const of = (type: string) => blocks.filter((block) => block.type === type);
  const onlyText = blocks.length === 0 ? unescapeText(message.text) : '';
  const buttons = of('actions').flatMap((block) => (Array.isArray(block.elements) ? block.elements : []));
  const cards = [
    ...of('plan').flatMap((plan) => (Array.isArray(plan.tasks) ? plan.tasks : [])),
    ...of('task_card'),
  ];
  return {
    text: onlyText || of('markdown').map(textOf).join(''),
    steps: (cards as Block[]).map((card) => ({
      id: String(card.task_id),
      title: unescapeText(String(card.title)),
      status: String(card.status),
    })),
    notices: of('section').map(textOf).filter(Boolean),
    offersRetry: buttons.some((button) =>
      /retry/.test(String((button as { action_id?: unknown }).action_id)),
    ),
  };
}

/** Reads all messages of a reply, oldest first, as one. */
export function readReply(messages: readonly PageMessage[]): ReplyRead {
  const reads = [...messages].sort((a, b) => a.ts.localeCompare(b.ts)).map(readMessage);
  return {
    text: reads.map((read) => read.text).join(''),
    steps: reads.flatMap((read) => read.steps),
    notices: reads.flatMap((read) => read.notices),
    offersRetry: reads.some((read) => read.offersRetry),
  };
}

/**
 * How a thread stands. `settleMs`: how long nothing may change before a reply that looks complete is complete; a long
 * one may go on in a further message, and one that is edited instead of streamed shows no sign of its end.
 */
export type Outcome =
  | { readonly state: 'open' }
  /** `kept`: nobody answers it for now, because intake is paused. */
  | { readonly state: 'complete' | 'failed' | 'kept'; readonly settleMs: number };

const LONG = 8_000;
/** What the bot says to the asker alone while intake is paused ends with this. */
const KEPT = 'Your question is kept, and I answer it when I go on.';

/** Judges the bot's messages of one thread. */
export function judgeReply(all: readonly PageMessage[]): Outcome {
  const kept = all.some((message) => message.is_ephemeral && message.text.endsWith(KEPT));
  const messages = kept ? all.filter((message) => !message.is_ephemeral) : all;
  if (kept && messages.length === 0) return { state: 'kept', settleMs: 300 };
  if (messages.length === 0 || messages.some((message) => message.state === 'streaming'))
    return { state: 'open' };
  const reply = readReply(messages);
  if (reply.offersRetry) return { state: 'failed', settleMs: 0 };
  if (reply.text.trim() === '' && reply.notices.length === 0) return { state: 'open' };
  // A remark below an answer says why the answer stops there; a remark alone is the answer, as to `help`.
  const state = reply.text.trim() !== '' && reply.notices.length > 0 ? 'failed' : 'complete';
  const streamed = messages.every((message) => message.streaming_state === 'completed');
  return { state, settleMs: streamed && reply.text.length < LONG ? 300 : 2_000 };
}
