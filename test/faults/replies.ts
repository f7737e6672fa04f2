import { canariesIn } from '../../bench/exactness.ts';
import { readMessage } from '../../local/laptop/read-reply.ts';
import type { Message } from '../../local/slack/model.ts';
import type { ReplySeen } from './judge.ts';

/** How a turn is named in the metadata, steps and buttons of its messages. */
const TURN = /turn-[a-z0-9]{15,}/g;

/** The turns that a message of the bot speaks of, by its marks. */
export function turnsIn(message: Message): string[] {
  const marks = JSON.stringify([
    message.metadata ?? null,
    message.blocks,
    [...(message.stream?.tasks.keys() ?? [])],
  ]);
  return turnsNamedIn(marks);
}

export const turnsNamedIn = (marks: string): string[] => [...new Set(marks.match(TURN) ?? [])];

/** The question that a message of the bot answers; undefined when nothing in it tells. */
export function questionOf(message: Message, canaryOfTurn: ReadonlyMap<string, string>): string | undefined {
  const { text } = asSeen(message);
  return canariesIn(text)[0] ?? turnsIn(message).map((turn) => canaryOfTurn.get(turn))[0];
}

export function asSeen(message: Message): ReplySeen {
  const { text, notices } = readMessage({
    channel: message.channel,
    ts: message.ts,
    text: message.text,
    blocks: [...message.blocks],
    state: 'done',
  });
  return { ts: message.ts, text, notices, streaming: message.stream?.ended === 'no' };
}
