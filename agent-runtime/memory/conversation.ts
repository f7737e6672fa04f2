import type { Event } from '@aws-sdk/client-bedrock-agentcore';
import { EVENT_KIND, EVENT_TURN } from '../../src/contract/memory.ts';

/** One message of an earlier conversation. */
export interface SaidMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface ConversationLimits {
  readonly turns: number;
  /** Of all messages together, and of one. */
  readonly chars: number;
  readonly messageChars: number;
  /** Events that are read for it. */
  readonly events: number;
}

export const CONVERSATION_LIMITS: ConversationLimits = {
  turns: 30,
  chars: 60_000,
  messageChars: 12_000,
  events: 400,
};

/** Reads events, newest first, until there is as much as may be used. Throws what the reading throws. */
export async function readNewest(
  events: AsyncIterable<Event>,
  limits: ConversationLimits = CONVERSATION_LIMITS,
): Promise<Event[]> {
  const read: Event[] = [];
  const turns = new Set<string>();
  let chars = 0;
  for await (const event of events) {
    read.push(event);
    turns.add(turnOf(event) ?? event.eventId ?? '');
    for (const { text } of saidIn(event)) chars += Math.min(text.length, limits.messageChars);
    if (turns.size > limits.turns || chars > limits.chars || read.length >= limits.events) break;
  }
  return read;
}

/**
 * A conversation out of events in any order: questions and answers by turns, from a question to an answer, the newest that
 * fit. What belongs to the turns `without` is left out. Pure.
 */
export function conversationFrom(
  events: readonly Event[],
  without: ReadonlySet<string> = new Set(),
  limits: ConversationLimits = CONVERSATION_LIMITS,
): SaidMessage[] {
  const turns = turnsOf(events, without)
    .map((said) => alternating(said, limits.messageChars))
    .filter((said) => said.length > 0);
  const kept: SaidMessage[] = [];
  let chars = 0;
  for (const said of turns.slice(-limits.turns).reverse()) {
    chars += said.reduce((sum, { text }) => sum + text.length, 0);
    if (chars > limits.chars) break;
    kept.unshift(...said);
  }
  return kept;
}

/**
 * What was said, turn by turn in the order in which they were begun: a question may have been asked while the one before
 * was still being answered. Of other writers, who name no turn, a question begins one.
 */
function turnsOf(events: readonly Event[], without: ReadonlySet<string>): SaidMessage[][] {
  const sorted = events.toSorted((a, b) => timeOf(a) - timeOf(b));
  const turns = new Map<string, SaidMessage[]>();
  let unnamed = '';
  for (const event of sorted) {
    const named = turnOf(event);
    if (event.metadata?.[EVENT_KIND] !== undefined || (named !== undefined && without.has(named))) continue;
    for (const message of saidIn(event)) {
      if (named === undefined && message.role === 'user') unnamed = event.eventId ?? '';
      const key = named === undefined ? `unnamed ${unnamed}` : `turn ${named}`;
      turns.set(key, [...(turns.get(key) ?? []), message]);
    }
  }
  return [...turns.values()];
}

/** One question and one answer, each of one piece; nothing where one of them is missing. */
function alternating(said: readonly SaidMessage[], most: number): SaidMessage[] {
  const of = (role: SaidMessage['role']) => {
    const text = said
      .filter((message) => message.role === role)
      .map((message) => message.text)
      .join('');
    return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text;
  };
  const [question, answer] = [of('user'), of('assistant')];
  if (question === '' || answer === '') return [];
  return [
    { role: 'user', text: question },
    { role: 'assistant', text: answer },
  ];
}

function saidIn(event: Event): SaidMessage[] {
  return (event.payload ?? []).flatMap((item) => {
    const text = item.conversational?.content?.text;
    const role = item.conversational?.role;
    if (!text || (role !== 'USER' && role !== 'ASSISTANT')) return [];
    return [{ role: role === 'USER' ? 'user' : 'assistant', text }];
  });
}

const turnOf = (event: Event): string | undefined => event.metadata?.[EVENT_TURN]?.stringValue;
const timeOf = (event: Event): number => event.eventTimestamp?.getTime() ?? 0;
