import { oneLine } from '../chat/one-line.ts';
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
import { LIMITS, type SessionEntry } from '../sessions/session-entry.ts';
import { buttons, card, field, fitting, heading, type Json, press, remark, when, words } from './cards.ts';

/** Saves what was filled in. */
export const SESSION_SAVE = 'session_save';
/** Asks once more before something goes for good. */
export const SESSION_ASK_DELETE = 'session_ask_delete';
/** Fields of our cards. */
export const FIELDS = { name: 'name', tags: 'tags', project: 'project', find: 'find' } as const;

const MOST_TURNS = 10;
const MOST_HITS = 10;
const SAYS_LENGTH = 40;
const TAGS_LENGTH = LIMITS.tags * (LIMITS.tag + 2);

/** Where a conversation is resumed that was asked for elsewhere than its card stands. */
export interface Place {
  readonly conversation: string;
  /** Empty: the next question there. */
  readonly thread: string;
}

/** What a card is about: enough to show it again. None of it is a secret, and none of it is believed. */
export interface CardState {
  readonly list: ListState;
  /** Undefined: where the card stands. */
  readonly place?: Place | undefined;
  /** The account of whoever the card was sent to, for whom alone it refreshes itself. */
  readonly account?: string | undefined;
}

/** As `data` of a button. */
const about = ({ list, place }: CardState, more: Json = {}): Json => ({
  ...more,
  ...(Object.keys(list).length === 0 ? {} : { list }),
  ...(place ? { place: writePlace(place) } : {}),
});

/** Every button says it, so it is short: a conversation is the beginning of the name of each of its threads. */
const writePlace = ({ conversation, thread }: Place): Json =>
  thread === '' ? { in: conversation } : { at: thread };

const resumeTitle = ({ place }: CardState) => (place ? 'Resume there' : 'Resume here');

/** How much is said of each session, so that all of them fit. */
type Detail = 'all' | 'some' | 'least';

/** A list as it is looked at, with its buttons. `said`: what was just done. Pure. */
export function listCard(list: SessionList, state: CardState, said = ''): Json {
  const make = (detail: Detail) => () => {
    const here = detail === 'least' ? { ...state, list: {} } : state;
    return card(
      [
        ...(said === '' ? [] : [words(said)]),
        heading(listTitle(list)),
        ...(list.entries.length === 0 ? [words(nothingListed(list))] : []),
        ...list.entries.map((entry) => sessionItem(entry, here, entry.id === list.here, detail)),
        ...tidyItems(list.idle ?? [], state),
        ...(state.place
          ? [remark('“Resume there” goes on in the place where you have asked for this list.')]
          : []),
        ...listItems(list, state),
      ],
      [],
      {
        says: [said, listTitle(list)].join(' ').trim(),
        refresh: state.account
          ? { verb: SESSIONS_OTHER, data: about(state), account: state.account }
          : undefined,
      },
    );
  };
  return fitting([make('all'), make('some'), make('least')]);
}

function sessionItem(entry: SessionEntry, state: CardState, here: boolean, detail: Detail): Json {
  const { id, number, name, archived } = entry;
  const data = about(state, { id });
  const of = detail === 'least' ? String(number) : `“${oneLine(name, SAYS_LENGTH)}”`;
  const button = (title: string, verb: string) =>
    press({ title, verb, data, says: `${title} ${of}`, alone: true });
  const mark = here ? (state.place ? '  ·  answers there' : '  ·  answers here') : '';
  return {
    type: 'Container',
    separator: true,
    items: [
      words(`${number}. ${oneLine(name, detail === 'least' ? SAYS_LENGTH : LIMITS.name)}${mark}`, {
        weight: 'bolder',
      }),
      ...(detail === 'all' ? detailItems(entry) : []),
      remark(
        `Last activity ${when(entry.lastAt)}  ·  ${askedSoOften(entry.turns)}${archived ? '  ·  archived' : ''}`,
      ),
      ...buttons([
        ...(here ? [] : [button(resumeTitle(state), SESSION_RESUME)]),
        button('Rename', SESSION_RENAME),
        button('History', SESSION_HISTORY),
        archived ? button('Restore', SESSION_RESTORE) : button('Archive', SESSION_ARCHIVE),
      ]),
    ],
  };
}

function detailItems({ name, question, project, tags }: SessionEntry): Json[] {
  const labels = [
    ...(project === '' ? [] : [`Project: ${oneLine(project, 80)}`]),
    ...(tags.length === 0 ? [] : [`Tags: ${tags.map((tag) => `#${oneLine(tag, 40)}`).join(' ')}`]),
  ];
  return [
    ...(question === '' || question.startsWith(name)
      ? []
      : [words(oneLine(question, 200), { spacing: 'small' })]),
    ...(labels.length === 0 ? [] : [remark(labels.join('  ·  '))]),
  ];
}

function tidyItems(idle: readonly SessionEntry[], state: CardState): Json[] {
  if (idle.length === 0) return [];
  const { text, label } = idleOffer(idle);
  return [
    words(text, { separator: true }),
    ...buttons([press({ title: label, verb: SESSIONS_TIDY, data: about(state), says: label, alone: true })]),
  ];
}

/** What can be done with the list itself. */
function listItems(list: SessionList, state: CardState): Json[] {
  const { after, ...first } = state.list;
  const show = (title: string, verb: string, says: string, of: ListState) =>
    press({ title, verb, says, data: about({ ...state, list: of }), alone: true });
  const other = otherList(list);
  const search = (title: string, talk: boolean) =>
    press({
      title,
      verb: SESSIONS_SEARCH,
      says: `${title} for these words`,
      data: about({ ...state, list: list.archived ? { archived: true } : {} }, talk ? { talk } : {}),
    });
  return [
    ...buttons([
      ...(list.next === undefined
        ? []
        : [
            show('Older', SESSIONS_NEXT, 'Older conversations, the next page', {
              ...first,
              after: list.next,
            }),
          ]),
      ...(after === undefined
        ? []
        : [show('Newest', SESSIONS_FIRST, 'Newest conversations, the first page', first)]),
      show(other.label, SESSIONS_OTHER, other.says, other.list),
      show(
        'New',
        SESSION_NEW,
        state.place ? 'Start a new conversation there' : 'Start a new conversation here',
        first,
      ),
    ]),
    { ...field(FIELDS.find, 'Find conversations', WORDS_LIMIT, state.list.words), separator: true },
    ...buttons([search('Search names and tags', false), search('Search what was said', true)]),
  ];
}

const back = (state: CardState, title = 'Back to the list'): Json =>
  press({
    title,
    verb: SESSIONS_OTHER,
    data: about(state),
    says: 'Back to the list of conversations',
    alone: true,
  });

const resume = (entry: SessionEntry, state: CardState): Json =>
  press({
    title: resumeTitle(state),
    verb: SESSION_RESUME,
    data: about(state, { id: entry.id }),
    says: `${resumeTitle(state)} “${oneLine(entry.name, SAYS_LENGTH)}”`,
  });

/** The last turns of a session. `said`: what was just done. */
export function historyCard(history: SessionHistory, state: CardState, said = ''): Json {
  const { entry, more } = history;
  const turns = history.turns.slice(-MOST_TURNS);
  const make = (most: number) => () =>
    card(
      [
        ...(said === '' ? [] : [words(said)]),
        heading(`${entry.number}. ${oneLine(entry.name, 80)}`),
        ...(more || turns.length < history.turns.length ? [remark(EARLIER_ONES)] : []),
        ...(turns.length === 0 ? [words(NOTHING_SAID)] : []),
        ...turns.map((turn) => turnItem(turn, most)),
      ],
      [...(said === '' ? [resume(entry, state)] : []), back(state)],
      { says: [said, `The last questions and answers of “${entry.name}”`].join(' ').trim() },
    );
  return fitting([make(600), make(250), make(60)]);
}

const turnItem = ({ question, answer, at }: PastTurn, most: number): Json => ({
  type: 'Container',
  separator: true,
  items: [
    remark(`You, ${when(at)}`),
    words(oneLine(question, most), { weight: 'bolder', spacing: 'small' }),
    answer === '' ? remark(NO_ANSWER) : words(oneLine(answer, most), { spacing: 'small' }),
  ],
});

export function hitsCard({ words: sought, hits, partial }: SearchHits, state: CardState): Json {
  const title = `Found for “${oneLine(sought, WORDS_LIMIT)}”`;
  const make = (most: number) => () =>
    card(
      [
        heading(title),
        ...(hits.length === 0 ? [words(NOTHING_FOUND)] : []),
        ...hits.slice(0, MOST_HITS).map((hit) => hitItem(hit, state, most)),
        ...(partial ? [remark(NOT_ALL_SEARCHED)] : []),
      ],
      [back({ ...state, list: {} })],
      { says: `${title}: ${hits.length}` },
    );
  return fitting([make(300), make(100)]);
}

function hitItem(hit: SearchHit, state: CardState, most: number): Json {
  const { entry, text, at } = hit;
  return {
    type: 'Container',
    separator: true,
    items: [
      words(foundIn(hit), { weight: 'bolder' }),
      remark(`${entry ? `${foundAs(hit)}, ` : ''}${when(at)}`),
      words(oneLine(text, most), { spacing: 'small' }),
      ...(entry ? buttons([resume(entry, state)]) : []),
    ],
  };
}

/** Name, tags and project of a session. `wrong`: why what was filled in could not be taken. */
export function renameCard(entry: SessionEntry, state: CardState, wrong = ''): Json {
  const data = about(state, { id: entry.id });
  return card(
    [
      heading(`Rename “${oneLine(entry.name, 80)}”`),
      ...(wrong === '' ? [] : [words(wrong, { color: 'attention' })]),
      {
        ...field(FIELDS.name, 'Name', LIMITS.name, entry.name),
        isRequired: true,
        errorMessage: 'A conversation has a name.',
      },
      field(
        FIELDS.tags,
        `Tags, with commas between them; at most ${LIMITS.tags}`,
        TAGS_LENGTH,
        entry.tags.join(', '),
      ),
      field(FIELDS.project, 'Project', LIMITS.project, entry.project),
    ],
    [
      press({
        title: 'Save',
        verb: SESSION_SAVE,
        data,
        says: 'Save name, tags and project',
        style: 'positive',
      }),
      press({
        title: 'Delete…',
        verb: SESSION_ASK_DELETE,
        data,
        says: `Delete “${oneLine(entry.name, SAYS_LENGTH)}”`,
        style: 'destructive',
        alone: true,
      }),
      back(state, 'Back'),
    ],
    { says: `Rename “${entry.name}”` },
  );
}

export const confirmDeleteCard = (entry: SessionEntry, state: CardState): Json =>
  card(
    [heading(`Delete “${oneLine(entry.name, 80)}”?`), words(goneForGood(entry.name))],
    [
      press({
        title: 'Delete for good',
        verb: SESSION_DELETE,
        data: about(state, { id: entry.id }),
        says: `Delete “${oneLine(entry.name, SAYS_LENGTH)}” for good`,
        style: 'destructive',
      }),
      back(state, 'Keep it'),
    ],
    { says: `Delete “${entry.name}”? ${goneForGood(entry.name)}` },
  );
