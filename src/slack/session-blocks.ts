import { oneLine } from '../chat/one-line.ts';
import type { ConversationKey } from '../chat/vocabulary.ts';
import type {
  PastTurn,
  SearchHit,
  SearchHits,
  SessionHistory,
  SessionList,
} from '../commands/conversation-answers.ts';
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
} from '../commands/session-buttons.ts';
import {
  askedSoOften,
  EARLIER_ONES,
  foundAs,
  foundIn,
  goneForGood,
  idleOffer,
  listTitle,
  NO_ANSWER,
  NOT_ALL_SEARCHED,
  NOTHING_FOUND,
  NOTHING_SAID,
  nothingListed,
  otherList,
} from '../commands/session-words.ts';
import type { SessionEntry } from '../sessions/session-entry.ts';
import type { Json } from './json.ts';
import { actions, button, context, divider, plain, quoted, section, when } from './pieces.ts';

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
    section(`*${quoted(listTitle(list), 200)}*`),
    ...(entries.length === 0 ? [section(nothingListed(list))] : []),
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
    confirm: { title: 'Delete this conversation?', text: goneForGood(name), yes: 'Delete' },
  });
}

function sessionLine(entry: SessionEntry, here: boolean): string {
  const { name, number, tags, project, lastAt, turns, archived, question, origin } = entry;
  const mark = here ? '  ·  _answers here_' : '';
  const labels = [
    ...(project === '' ? [] : [`Project: ${quoted(project, 80)}`]),
    ...(tags.length === 0 ? [] : [`Tags: ${tags.map((tag) => `\`${quoted(tag, 40)}\``).join(' ')}`]),
  ];
  return [
    `*${number}. ${quoted(name, 80)}*${mark}`,
    ...(question === '' || question.startsWith(name) ? [] : [quoted(question, QUESTION_LENGTH)]),
    ...(labels.length === 0 ? [] : [labels.join('  ·  ')]),
    `Last activity ${when(lastAt)}  ·  ${askedSoOften(turns)}${archived ? '  ·  archived' : ''}${threadLink(origin)}`,
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
  const other = otherList(list);
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
      label: other.label,
      says: other.says,
      value: writeValue(other.list),
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
  if (idle.length === 0) return [];
  const { text, label } = idleOffer(idle);
  return [
    section(quoted(text, 1_000)),
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
    ...(earlier ? [context(EARLIER_ONES)] : []),
    ...(turns.length === 0 ? [section(NOTHING_SAID)] : []),
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
  const answered = answer === '' ? `_${NO_ANSWER}_` : quoted(answer, ANSWER_LENGTH);
  return section(`*You*, ${when(at)}\n>${quoted(question, ANSWER_LENGTH)}\n${answered}`);
}

export function hitBlocks({ words, hits, partial }: SearchHits): Json[] {
  return [
    section(`*Found for “${quoted(words, WORDS_LIMIT)}”*`),
    ...(hits.length === 0 ? [section(NOTHING_FOUND)] : []),
    ...hits.slice(0, MOST_HITS).map(hitBlock),
    ...(partial ? [context(NOT_ALL_SEARCHED)] : []),
    ...actions([backButton({})]),
  ];
}

function hitBlock(hit: SearchHit): Json {
  const { entry, text, at } = hit;
  const what = entry ? `${foundAs(hit)}, ` : '';
  const words = `*${quoted(foundIn(hit), 90)}*  ·  ${what}${when(at)}\n>${quoted(text, SNIPPET_LENGTH)}`;
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
    section(`*Delete “${quoted(entry.name, 80)}”?*\n${quoted(goneForGood(entry.name), 300)}`),
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
