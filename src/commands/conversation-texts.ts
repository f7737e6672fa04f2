import { oneLine } from '../chat/one-line.ts';
import type { SessionEntry } from '../sessions/session-entry.ts';
import type { SearchHit, SessionList } from './conversation-answers.ts';

/** The words of answers about conversations. They say all that matters by themselves. Pure. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** So much of a question or an answer is quoted. Characters. */
const QUOTE_LENGTH = 240;

/** How long ago something was, as people say it. */
export function ago(at: number, now: number): string {
  const ms = Math.max(0, now - at);
  if (ms < MINUTE) return 'just now';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  const days = Math.floor(ms / DAY);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}

export const quoted = (name: string): string => `“${name}”`;

/** A session in one line: its number, name and what else is known of it. */
export function entryLine(entry: SessionEntry, now: number, here?: string): string {
  const about = [
    ago(entry.lastAt, now),
    ...(entry.turns > 0 ? [entry.turns === 1 ? '1 question' : `${entry.turns} questions`] : []),
    ...(entry.project === '' ? [] : [entry.project]),
    ...entry.tags.map((tag) => `#${tag}`),
    ...(entry.id === here ? ['here'] : []),
  ];
  return `${entry.number}. ${entry.name} (${about.join(', ')})`;
}

export function listText(list: SessionList, now: number): string {
  const { entries, words, archived, total } = list;
  if (entries.length === 0) {
    if (words !== '') return `None of your ${archived ? 'archived ' : ''}conversations has “${words}” in it.`;
    return archived
      ? 'None of your conversations is archived.'
      : 'You have no conversations yet. Ask me something, and it begins.';
  }
  const which = archived ? 'Your archived conversations' : 'Your conversations';
  const head = words === '' ? `${which} (${total})` : `${which} with “${words}”`;
  const lines = entries.map((entry) => entryLine(entry, now, list.here));
  const hint = archived
    ? `Write \`restore ${entries[0]?.number}\` to take one back.`
    : `Write \`resume ${entries[0]?.number}\` to go on with one here.`;
  return [
    `${head}, the last used first:`,
    ...lines,
    ...(list.next === undefined ? [] : ['There are more: look for words in their names.']),
    hint,
    ...(list.idle ? [idleText(list.idle, total, now)] : []),
  ].join('\n');
}

/** `total`: of active ones. */
export function idleText(idle: readonly SessionEntry[], total: number, now: number): string {
  const lines = idle.map((entry) => entryLine(entry, now));
  return [
    `You have ${total} conversations open. These were not used for longest; \`archive ${idle[0]?.number}\` puts one away, and nothing is lost:`,
    ...lines,
  ].join('\n');
}

export function nearText(title: string, near: readonly SessionEntry[]): string {
  const none = `You have no conversation ${quoted(oneLine(title, 80))}.`;
  if (near.length === 0) return `${none} Write \`sessions\` to see them all.`;
  return [`${none} Did you mean one of these?`, ...near.map(({ number, name }) => `${number}. ${name}`)].join(
    '\n',
  );
}

export function turnsText(turns: readonly { question: string; answer: string }[]): string {
  return turns
    .map(({ question, answer }) => {
      const asked = `You: ${oneLine(question, QUOTE_LENGTH)}`;
      return answer === '' ? asked : `${asked}\nI: ${oneLine(answer, QUOTE_LENGTH)}`;
    })
    .join('\n');
}

export function hitsText(words: string, hits: readonly SearchHit[], partial: boolean, now: number): string {
  const rest = partial ? 'Not everything could be looked through just now.' : '';
  if (hits.length === 0)
    return [`I find nothing about “${oneLine(words, 80)}” in what we have said.`, rest].join(' ').trimEnd();
  const lines = hits.map(({ entry, source, text, at }) => {
    const where = entry ? `${entry.number}. ${entry.name}` : source === 'note' ? 'What I noted' : 'Earlier';
    return `${where} (${ago(at, now)}): ${oneLine(text, QUOTE_LENGTH)}`;
  });
  return [`About “${oneLine(words, 80)}”:`, ...lines, ...(rest === '' ? [] : [rest])].join('\n');
}

export const NO_MEMORY =
  'No memory is connected here (`MEMORY_RESOURCE_ID`), so I cannot look at what was said. Your conversations themselves are there: `sessions`.';
export const MEMORY_AWAY =
  'I cannot reach the memory of our conversations just now. Nothing is lost; try again in a minute.';
export const NOT_YOURS = 'You have no such conversation. Write `sessions` to see yours.';
export const NOTHING_HERE =
  'No conversation of yours is going on here. Write it in the thread of one, or write `sessions` and choose.';
export const BUSY =
  'I am still at work in that conversation, so I do not delete it. Wait for the answer, or `stop` it, then delete it.';
