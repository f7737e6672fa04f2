import { grammar } from '../chat/command.ts';
import { oneLine } from '../chat/one-line.ts';
import type { OpenTurn } from '../commands/answer.ts';
import type { ConversationAnswer } from '../commands/conversation-answers.ts';
import { PREDEFINED_TASKS, type TaskLanguage } from '../contract/tasks.ts';
import {
  buttons,
  card,
  fitting,
  heading,
  type Json,
  lines,
  linkCard,
  press,
  remark,
  stopButton,
  VERBS,
  when,
  words,
} from './cards.ts';
import { forgetCard } from './forgetting.ts';
import { type CardState, confirmDeleteCard, historyCard, hitsCard, listCard } from './session-cards.ts';
import type { Word } from './voice.ts';

const QUESTION_LENGTH = 150;
const SUMMARY_LENGTH = 200;
const MOST_OPEN = 10;

/** What a press of the help asks for. */
export const SUGGESTED = ['sessions', 'history', 'new', 'status', 'tasks', 'whoami'] as const;

/** What a command answers, as Teams shows it. Pure. */
export function wordOf(answer: ConversationAnswer, state: CardState): Word {
  const shown = cardOf(answer, state);
  // The card says it all; what stands beside it is for notifications, and counts as well.
  return shown ? { text: oneLine(answer.text, SUMMARY_LENGTH), card: shown } : { text: answer.text };
}

/** Undefined for a line that needs no card. */
function cardOf({ text, button, form, shown, open }: ConversationAnswer, state: CardState): Json | undefined {
  if (button) return linkCard(text, button);
  if (form) return forgetCard(text, form.ask ?? '');
  if (open && open.length > 0) return openCard(open);
  switch (shown?.kind) {
    case 'sessions':
      return listCard(shown, state);
    case 'history':
      return historyCard(shown, state, firstLine(text));
    case 'hits':
      return hitsCard(shown, state);
    case 'confirm_delete':
      return confirmDeleteCard(shown.entry, state);
    case undefined:
      return text.includes('\n') ? linesCard(text) : undefined;
    default:
      return shown satisfies never;
  }
}

/** Numbered lines of an ordinary message would be counted anew. */
export const linesCard = (text: string): Json => card(lines(text), [], { says: text });

export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** What is at work for somebody, and waits, each with a Stop. */
function openCard(open: readonly OpenTurn[]): Json {
  const rest = open.length - MOST_OPEN;
  const title = 'At work for you';
  return card(
    [
      heading(title),
      ...open.slice(0, MOST_OPEN).map(({ id, question, since, waiting }) => ({
        type: 'Container',
        separator: true,
        items: [
          words(oneLine(question, QUESTION_LENGTH)),
          remark(`${waiting ? 'Waits since' : 'At work since'} ${when(since)}`),
          ...buttons([stopButton(id, `Stop “${oneLine(question, 50)}”`)]),
        ],
      })),
      ...(rest > 0 ? [remark(`And ${rest} more. Write \`stop all\` to end all of them.`)] : []),
    ],
    [],
    { says: `${title}: ${open.map(({ question }) => oneLine(question, 50)).join('; ')}` },
  );
}

/** Buttons that ask what is predefined. */
export const taskCard = (language: TaskLanguage): Json =>
  card(
    PREDEFINED_TASKS.map(({ title, about }) => words(`${title[language]}: ${about[language]}`)).concat(
      buttons(
        PREDEFINED_TASKS.map(({ id, title, about }) =>
          press({
            title: title[language],
            verb: VERBS.task,
            data: { task: id, language },
            says: `${title[language]}: ${about[language]}`,
          }),
        ),
      ),
    ),
    [],
    { says: PREDEFINED_TASKS.map(({ title }) => title[language]).join(', ') },
  );

/** All commands, and those that need no more words as buttons. */
export const helpCard = (text: string): Json =>
  fitting([
    () =>
      card(
        [
          ...lines(text),
          ...buttons(
            SUGGESTED.map((command) =>
              press({
                title: command,
                verb: VERBS.command,
                data: { command },
                says: `Write ${grammar.usage(command)}`,
              }),
            ),
          ),
        ],
        [],
        { says: firstLine(text) },
      ),
  ]);
