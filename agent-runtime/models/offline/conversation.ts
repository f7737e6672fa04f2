import type { Message } from '@strands-agents/sdk';
import { readNotes } from '../../agent/question.ts';

/** What was said in a session, in the plain form that the rules read. */

export interface ToolOutcome {
  readonly name: string;
  readonly input: unknown;
  readonly ok: boolean;
  /** The JSON result; when the call failed, its message as a string. */
  readonly result: unknown;
}

export interface Exchange {
  readonly question: string;
  /** What was told with it of earlier conversations of the person. */
  readonly notes: readonly string[];
  readonly outcomes: readonly ToolOutcome[];
  /** Empty while the question is being answered. */
  readonly answer: string;
}

/**
 * Splits the history into exchanges. The question is the last text block of a person's message: blocks before it
 * hold labelled context, which never counts as a question.
 */
export function readConversation(messages: readonly Message[]): readonly Exchange[] {
  const exchanges: (Exchange & { outcomes: ToolOutcome[]; answer: string })[] = [];
  const calls = new Map<string, { name: string; input: unknown }>();
  for (const message of messages) {
    const texts = message.role === 'user' ? textsOf(message) : [];
    const asked = texts.at(-1);
    if (asked !== undefined) {
      exchanges.push({ question: asked, notes: readNotes(texts.slice(0, -1)), outcomes: [], answer: '' });
      continue;
    }
    const current = exchanges.at(-1);
    if (!current) continue;
    for (const block of message.content) {
      if (block.type === 'toolUseBlock') calls.set(block.toolUseId, { name: block.name, input: block.input });
      if (block.type === 'textBlock') current.answer += block.text;
      if (block.type === 'toolResultBlock') {
        const call = calls.get(block.toolUseId);
        const first = block.content[0];
        const result =
          first?.type === 'jsonBlock' ? first.json : first?.type === 'textBlock' ? first.text : undefined;
        current.outcomes.push({
          name: call?.name ?? '',
          input: call?.input,
          ok: block.status === 'success',
          result,
        });
      }
    }
  }
  return exchanges;
}

const textsOf = (message: Message): string[] =>
  message.content.flatMap((block) => (block.type === 'textBlock' ? [block.text] : []));
