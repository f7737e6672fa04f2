import { ReplyRefused } from '../turns/reply.ts';
import type { Json } from './json.ts';
import { clipBytes, EDIT_TEXT_BYTES, NOTHING_YET, STOP_ACTION } from './render.ts';
import { SlackRefusal, type ThreadMessage, type ThreadWriter } from './thread-writer.ts';

/**
 * Takes away the Stop button of a message that an earlier worker left: what it would stop has ended. Everything else
 * stays as it stands. Where Slack refuses that, the button stays. Answers whether the message says nothing without it.
 */
export async function takeStopAway(
  writer: Pick<ThreadWriter, 'findMessage' | 'attempt'>,
  { metadata, ...place }: { readonly channel: string; readonly ts: string; readonly metadata: Json },
): Promise<boolean> {
  try {
    const message = await writer.findMessage(({ ts }) => ts === place.ts);
    const blocks = blocksOf(message);
    const others = blocks.filter((block) => !hasStop(block));
    if (others.length === blocks.length) return false;
    const text = typeof message?.text === 'string' ? message.text : '';
    if (others.length === 0 || text === NOTHING_YET) return true;
    const rest = { text: clipBytes(text, EDIT_TEXT_BYTES), blocks: others };
    await writer.attempt('chat.update', { ...place, ...rest, metadata }, 'final');
  } catch (error) {
    if (!(error instanceof SlackRefusal || error instanceof ReplyRefused)) throw error;
  }
  return false;
}

const hasStop = (block: unknown) => JSON.stringify(block).includes(STOP_ACTION);

function blocksOf(message: ThreadMessage | undefined): readonly unknown[] {
  return Array.isArray(message?.blocks) ? message.blocks : [];
}
