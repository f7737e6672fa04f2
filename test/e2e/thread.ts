import { type PageMessage, type ReplyRead, readMessage } from '../../local/laptop/read-reply.ts';
import { eventually } from '../setup/eventually.ts';
import type { Stack } from './stack.ts';

export interface BotMessage extends ReplyRead {
  readonly ts: string;
  readonly streaming: boolean;
}

/** What the bot has in a thread, read the way any Slack app would read it: by `conversations.replies`. */
export async function botMessages(stack: Stack, channel: string, threadTs: string): Promise<BotMessage[]> {
  const response = await fetch(`${stack.slack.apiUrl}conversations.replies`, {
    method: 'POST',
    headers: { authorization: 'Bearer xoxb-end-to-end' },
    body: new URLSearchParams({ channel, ts: threadTs, limit: '200' }),
  });
  const answer = (await response.json()) as { ok: boolean; error?: string; messages?: PageMessage[] };
  if (!answer.ok) throw new Error(`conversations.replies: ${answer.error}`);
  return (answer.messages ?? [])
    .filter((message) => message.bot_id !== undefined)
    .map((message) => ({
      ...readMessage({ ...message, blocks: message.blocks ?? [] }),
      ts: message.ts,
      streaming: message.streaming_state !== undefined && message.streaming_state !== 'completed',
    }));
}

/** Waits until the thread has `count` messages of the bot and none of them grows any more; answers them. */
export function settledReplies(
  stack: Stack,
  channel: string,
  threadTs: string,
  count = 1,
  timeoutMs = 30_000,
): Promise<BotMessage[]> {
  return eventually(
    `${count} finished replies in the thread`,
    async () => {
      const messages = await botMessages(stack, channel, threadTs);
      const finished = messages.filter(
        (message) => !message.streaming && (message.text !== '' || message.notices.length > 0),
      );
      return finished.length >= count && finished.length === messages.length ? messages : undefined;
    },
    timeoutMs,
  );
}

/** Asks in a channel or direct message and waits for the whole reply. */
export async function ask(
  stack: Stack,
  person: string,
  channel: string,
  text: string,
): Promise<{ reply: BotMessage; ts: string; channelId: string }> {
  const { ts } = await stack.slack.postAs(person, channel, text);
  const channelId = stack.slack.people.place(person, channel).channel.id;
  const [reply] = await settledReplies(stack, channelId, ts);
  if (!reply) throw new Error('no reply');
  return { reply, ts, channelId };
}
