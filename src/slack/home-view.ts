import { oneLine } from '../chat/one-line.ts';
import type { ConversationAnswer } from '../commands/conversation-answers.ts';
import {
  SESSION_NEW,
  SESSIONS_NEXT,
  SESSIONS_OTHER,
  SESSIONS_SEARCH,
  SESSIONS_TIDY,
  writeValue,
} from '../commands/session-buttons.ts';
import { nothingListed } from '../commands/session-words.ts';
import type { TaskLanguage } from '../contract/tasks.ts';
import type { Settings } from './home-people.ts';
import type { Json } from './json.ts';
import { actions, button, context, divider, heading, plain, quoted, section, when } from './pieces.ts';
import { sessionBlocks } from './session-blocks.ts';
import { taskButtons } from './tasks.ts';
import { escapeText } from './text.ts';

export const HOME_LINK = 'home_link';
export const HOME_UNLINK = 'home_unlink';
export const HOME_STOP = 'home_stop';
export const HOME_LANGUAGE = 'home_language';
export const HOME_LENGTH = 'home_length';

/** Two blocks a session; a view holds 100 blocks. */
const MOST_SESSIONS = 8;
const MOST_RUNNING = 10;

export interface RunningTurn {
  readonly id: string;
  readonly question: string;
  readonly conversation: string;
  readonly direct: boolean;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly waiting: boolean;
}

export interface HomeContent {
  /** Who the person is to us, in plain words. */
  readonly account: string;
  /** Undefined: linking is off, or they may not use the bot. */
  readonly linked: boolean | undefined;
  readonly running: readonly RunningTurn[];
  readonly sessions: ConversationAnswer | undefined;
  readonly settings: Settings;
}

/** The App Home of a person. The same content gives the same blocks, so that nothing is published twice. Pure. */
export function homeView(content: HomeContent): Json {
  const { account, linked, running, sessions, settings } = content;
  return {
    type: 'home',
    callback_id: 'home',
    blocks: [
      heading('Your account'),
      section(escapeText(account), accountButton(linked)),
      ...runningBlocks(running),
      ...sessionsBlocks(sessions),
      divider,
      heading('Tasks'),
      context('One press asks in your direct messages with me.'),
      ...taskButtons(taskLanguage(settings)),
      divider,
      heading('Settings'),
      section(
        'Language of answers',
        select(HOME_LANGUAGE, 'Language of answers', LANGUAGE_NAMES, settings.language),
      ),
      section('Length of answers', select(HOME_LENGTH, 'Length of answers', LENGTH_NAMES, settings.length)),
    ],
  };
}

export const taskLanguage = ({ language }: Settings): TaskLanguage => (language === 'de' ? 'de' : 'en');

/** For somebody who may not use the bot. */
export const refusedView = (text: string): Json => ({
  type: 'home',
  callback_id: 'home',
  blocks: [section(escapeText(text))],
});

function accountButton(linked: boolean | undefined): Json | undefined {
  if (linked === undefined) return undefined;
  if (!linked)
    return button({
      action: HOME_LINK,
      label: 'Sign in',
      value: 'link',
      style: 'primary',
      says: 'Sign in with your company account',
    });
  return button({
    action: HOME_UNLINK,
    label: 'Sign out',
    value: 'unlink',
    says: 'Sign out: unlink your company account',
    confirm: {
      title: 'Sign out?',
      text: 'I forget your company account and its sign-in. Your conversations stay, for when you sign in again.',
      yes: 'Sign out',
    },
  });
}

function runningBlocks(running: readonly RunningTurn[]): Json[] {
  if (running.length === 0) return [];
  const rest = running.length - MOST_RUNNING;
  return [
    heading('At work for you'),
    ...running.slice(0, MOST_RUNNING).map(({ id, question, conversation, direct, since, waiting }) => {
      const where = direct ? 'in your direct messages' : `in <#${conversation}>`;
      const what = waiting ? 'Waits since' : 'At work since';
      return section(
        `${quoted(question, 150)}\n${what} ${when(since)}, ${where}`,
        button({
          action: HOME_STOP,
          label: 'Stop',
          says: `Stop “${oneLine(question, 50)}”`,
          value: id,
          style: 'danger',
        }),
      );
    }),
    ...(rest > 0 ? [context(`And ${rest} more.`)] : []),
  ];
}

function sessionsBlocks(answer: ConversationAnswer | undefined): Json[] {
  if (!answer) return [];
  const list = answer.shown?.kind === 'sessions' ? answer.shown : undefined;
  if (!list) return [heading('Your conversations'), section(escapeText(answer.text))];
  const entries = list.entries.slice(0, MOST_SESSIONS);
  const last = entries.at(-1);
  const older = list.entries.length > entries.length || list.next !== undefined;
  return [
    heading(`Your conversations (${list.total})`),
    ...(last ? [] : [section(nothingListed({ archived: false, words: '' }))]),
    ...entries.flatMap((entry) => sessionBlocks(entry, {}, entry.id === list.here)),
    ...(list.idle && list.idle.length > 0
      ? [
          section('You have many active conversations. Those that were long idle can go to the archive.'),
          ...actions([
            button({ action: SESSIONS_TIDY, label: 'Archive the idle ones', value: writeValue({}) }),
          ]),
        ]
      : []),
    ...actions([
      button({ action: SESSION_NEW, label: 'New', says: 'Start a new conversation', value: writeValue({}) }),
      button({
        action: SESSIONS_SEARCH,
        label: 'Search…',
        says: 'Search your conversations',
        value: writeValue({}),
      }),
      ...(older
        ? [
            button({
              action: SESSIONS_NEXT,
              label: 'All',
              says: 'Show all conversations',
              value: writeValue({}),
            }),
          ]
        : []),
      button({
        action: SESSIONS_OTHER,
        label: 'Archived',
        says: 'Show the archived conversations',
        value: writeValue({ archived: true }),
      }),
    ]),
    context('“Resume here” goes on with your next question in our direct messages.'),
  ];
}

const LANGUAGE_NAMES: readonly (readonly [Settings['language'], string])[] = [
  ['auto', 'As I ask'],
  ['en', 'English'],
  ['de', 'Deutsch'],
];
const LENGTH_NAMES: readonly (readonly [Settings['length'], string])[] = [
  ['short', 'Short'],
  ['normal', 'Normal'],
  ['detailed', 'Detailed'],
];

function select(
  action: string,
  placeholder: string,
  names: readonly (readonly [string, string])[],
  chosen: string,
): Json {
  const options = names.map(([value, label]) => ({ text: plain(label), value }));
  return {
    type: 'static_select',
    action_id: action,
    placeholder: plain(placeholder),
    options,
    initial_option: options.find(({ value }) => value === chosen),
  };
}
