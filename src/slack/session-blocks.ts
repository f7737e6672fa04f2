import { oneLine } from '../chat/one-line.ts';
import type { ConversationKey } from '../chat/vocabulary.ts';
import type {
  PastTurn,
  SearchHit,
  SearchHits,
  SessionHistory,
  SessionList,
} from '../commands/conversation-answers.ts';
import type { SessionEntry } from '../sessions/session-entry.ts';
import type { Json } from './json.ts';
import { actions, button, context, divider, plain, quoted, section, when } from './pieces.ts';
import {
  type ListState,
  SESSION_ARCHIVE,
  SESSION_DELETE,
  SESSION_HISTORY,
  SESSION_NEW,
  SESSION_RENAME,
  SESSION_RESTORE,
  SESSION_RESUME,
  SESSIONS_FIRST,
  SESSIONS_NEXT,
  SESSIONS_OTHER,
  SESSIONS_SEARCH,
  SESSIONS_TIDY,
  WORDS_LIMIT,
  writeValue,
} from './session-values.ts';

/** Two blocks a session; a message holds 50 blocks. */
const MOST_SESSIONS = 10;
const MOST_TURNS = 10;
const MOST_HITS = 10;
const QUESTION_LENGTH = 200;
const ANSWER_LENGTH = 600;
const SNIPPET_LENGTH = 300;

/** A list as it is looked at, with its buttons. Pure. */
export function listBlocks(list: SessionList, state: ListState): Json[] {
  const entries = list.entries.slice(0, MOST_SESSIONS);
  const here = listStateOf(list, state);
  return [
    section(`*${titleOf(list)}*`),
    ...(entries.length === 0 ? [section(nothingIn(list))] : []),
    ...entries.flatMap((entry) => sessionBlocks(entry, here, entry.id === list.here)),
    ...tidyBlocks(list.idle ?? [], here),
    divider,
    ...actions(listButtons(list, here)),
    context(
      'Only you can see this. `/agent sessions` with words finds conversations by name, tag and project.',
    ),
  ];
}

function listStateOf(list: SessionList, { after }: ListState): ListState {
  const words = list.words.slice(0, WORDS_LIMIT);
  return {
    ...(words === '' ? {} : { words }),
    ...(list.archived ? { archived: true } : {}),
    ...(after === undefined ? {} : { after }),
  };
}

function titleOf({ archived, total, words }: SessionList): string {
  const what = archived ? 'Archived conversations' : 'Your conversations';
  return words === '' ? `${what} (${total})` : `${what} with “${quoted(words, WORDS_LIMIT)}”`;
}

function nothingIn({ archived, words }: SessionList): string {
  if (words !== '')
    return 'None has these words in its name, tags or project. Search looks through what was said, too.';
  return archived ? 'Nothing is archived.' : 'There is none yet. Ask me something: that begins one.';
}

/** One session: what it is, and what can be done with it. */
export function sessionBlocks(entry: SessionEntry, list: ListState, here: boolean): Json[] {
  const value = writeValue({ ...list, id: entry.id });
  const of = `“${entry.name}”`;
  const resume = button({
    action: SESSION_RESUME,
    label: 'Resume here',
    says: `Resume here ${of}`,
    value,
  });
  return [
    section(sessionLine(entry, here)),
    ...actions([
      ...(here ? [] : [resume]),
      button({ action: SESSION_RENAME, label: 'Rename', says: `Rename ${of}`, value }),
      button({ action: SESSION_HISTORY, label: 'History', says: `History of ${of}`, value }),
      entry.archived
        ? button({ action: SESSION_RESTORE, label: 'Restore', says: `Restore ${of}`, value })
        : button({ action: SESSION_ARCHIVE, label: 'Archive', says: `Archive ${of}`, value }),
      deleteButton(entry, value),
    ]),
  ];
}

function deleteButton({ name }: SessionEntry, value: string): Json {
  return button({
    action: SESSION_DELETE,
    label: 'Delete',
    says: `Delete “${name}”`,
    value,
    style: 'danger',
    confirm: { title: 'Delete this conversation?', text: gone(name), yes: 'Delete' },
  });
}

const gone = (name: string) =>
  `“${name}” and what I remember of it go for good. What stands in the chat stays there.`;

function sessionLine(entry: SessionEntry, here: boolean): string {
  const { name, number, tags, project, lastAt, turns, archived, question, origin } = entry;
  const mark = here ? '  ·  _answers here_' : '';
  const labels = [
    ...(project === '' ? [] : [`Project: ${quoted(project, 80)}`]),
    ...(tags.length === 0 ? [] : [`Tags: ${tags.map((tag) => `\`${quoted(tag, 40)}\``).join(' ')}`]),
  ];
  const asked = turns === 0 ? 'nothing asked yet' : turns === 1 ? '1 question' : `${turns} questions`;
  return [
    `*${number}. ${quoted(name, 80)}*${mark}`,
    ...(question === '' || question.startsWith(name) ? [] : [quoted(question, QUESTION_LENGTH)]),
    ...(labels.length === 0 ? [] : [labels.join('  ·  ')]),
    `Last activity ${when(lastAt)}  ·  ${asked}${archived ? '  ·  archived' : ''}${threadLink(origin)}`,
  ].join('\n');
}

/** Where the session began, as Slack's own client addresses it. */
function threadLink(origin: ConversationKey | undefined): string {
  const { tenant, conversation, thread } = origin ?? {};
  if (!/^[A-Z0-9]+\/[A-Z0-9]+\/\d+\.\d+$/.test(`${tenant}/${conversation}/${thread}`)) return '';
  return `  ·  <https://app.slack.com/client/${tenant}/${conversation}/thread/${conversation}-${thread}|first thread>`;
}

function listButtons(list: SessionList, here: ListState): Json[] {
  const { after, ...first } = here;
  const others: ListState = list.archived ? {} : { archived: true };
  return [
    ...(list.next === undefined
      ? []
      : [
          button({
            action: SESSIONS_NEXT,
            label: 'Older',
            says: 'Older conversations, the next page',
            value: writeValue({ ...first, after: list.next }),
          }),
        ]),
    ...(after === undefined
      ? []
      : [
          button({
            action: SESSIONS_FIRST,
            label: 'Newest',
            says: 'Newest conversations, the first page',
            value: writeValue(first),
          }),
        ]),
    button({
      action: SESSIONS_SEARCH,
      label: 'Search…',
      says: 'Search your conversations',
      value: writeValue(first),
    }),
    button({
      action: SESSIONS_OTHER,
      label: list.words === '' ? (list.archived ? 'Active' : 'Archived') : 'Show all',
      says:
        list.words === ''
          ? list.archived
            ? 'Show the active ones'
            : 'Show the archived ones'
          : 'Show all of them',
      value: writeValue(list.words === '' ? others : {}),
    }),
    button({
      action: SESSION_NEW,
      label: 'New',
      says: 'Start a new conversation here',
      value: writeValue(first),
    }),
  ];
}

/** With many active sessions: those that were long idle may go to the archive, all at a press. */
function tidyBlocks(idle: readonly SessionEntry[], here: ListState): Json[] {
  const [oldest] = idle;
  if (!oldest) return [];
  const names = idle.slice(0, 5).map(({ name }) => `“${quoted(name, 40)}”`);
  const rest = idle.length > 5 ? ` and ${idle.length - 5} more` : '';
  const label = idle.length === 1 ? 'Archive it' : `Archive these ${idle.length}`;
  return [
    section(
      `You have many active conversations. Longest idle: ${names.join(', ')}${rest}. Archived ones can be restored.`,
    ),
    ...actions([button({ action: SESSIONS_TIDY, label, value: writeValue(here) })]),
  ];
}

/** The last turns of a session. `back`: the list that it was asked from. */
export function historyBlocks(history: SessionHistory, back: ListState | undefined): Json[] {
  const { entry, more } = history;
  const turns = history.turns.slice(-MOST_TURNS);
  const earlier = more || turns.length < history.turns.length;
  return [
    section(`*${entry.number}. ${quoted(entry.name, 80)}*`),
    ...(earlier ? [context('There are earlier questions than these.')] : []),
    ...(turns.length === 0 ? [section('Nothing is known of what was said in it.')] : []),
    ...turns.map(turnBlock),
    ...actions([
      button({
        action: SESSION_RESUME,
        label: 'Resume here',
        says: `Resume here “${entry.name}”`,
        value: writeValue({ ...back, id: entry.id }),
      }),
      ...(back ? [backButton(back)] : []),
    ]),
  ];
}

const backButton = (back: ListState) =>
  button({
    action: SESSIONS_OTHER,
    label: 'Back to the list',
    says: 'Back to the list of conversations',
    value: writeValue(back),
  });

function turnBlock({ question, answer, at }: PastTurn): Json {
  const answered = answer === '' ? '_no answer_' : quoted(answer, ANSWER_LENGTH);
  return section(`*You*, ${when(at)}\n>${quoted(question, ANSWER_LENGTH)}\n${answered}`);
}

export function hitBlocks({ words, hits, partial }: SearchHits): Json[] {
  return [
    section(`*Found for “${quoted(words, WORDS_LIMIT)}”*`),
    ...(hits.length === 0 ? [section('Nothing of what you and I have said has these words.')] : []),
    ...hits.slice(0, MOST_HITS).map(hitBlock),
    ...(partial ? [context('Not everything could be looked through just now.')] : []),
    ...actions([backButton({})]),
  ];
}

function hitBlock({ entry, source, text, at }: SearchHit): Json {
  const where = entry
    ? `*${entry.number}. ${quoted(entry.name, 80)}*`
    : source === 'note'
      ? '*What I noted about you*'
      : '*From a conversation that is no longer listed*';
  const what = source === 'note' ? 'a note of mine' : 'what was said';
  const words = `${where}  ·  ${entry ? `${what}, ` : ''}${when(at)}\n>${quoted(text, SNIPPET_LENGTH)}`;
  if (!entry) return section(words);
  return section(
    words,
    button({
      action: SESSION_RESUME,
      label: 'Resume here',
      says: `Resume here “${entry.name}”`,
      value: writeValue({ id: entry.id }),
    }),
  );
}

/** Asked for in words: here the press of Delete is the confirmation. */
export function confirmDeleteBlocks(entry: SessionEntry): Json[] {
  const value = writeValue({ id: entry.id });
  return [
    section(`*Delete “${quoted(entry.name, 80)}”?*\n${quoted(gone(entry.name), 300)}`),
    ...actions([
      {
        type: 'button',
        action_id: SESSION_DELETE,
        style: 'danger',
        text: plain('Delete for good'),
        accessibility_label: oneLine(`Delete “${entry.name}” for good`, 75),
        value,
      },
      button({ action: SESSIONS_OTHER, label: 'Keep it', value: writeValue({}) }),
    ]),
  ];
}
