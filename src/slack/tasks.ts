import type { BlockAction } from '@slack/bolt';
import { findTask, PREDEFINED_TASKS, type TaskLanguage } from '../contract/tasks.ts';
import type { Admitted } from './admitted.ts';
import type { Asking } from './asking.ts';
import { pressedValue } from './interactions.ts';
import type { Json } from './json.ts';
import { actions, button, section } from './pieces.ts';
import type { Listener, Whisper } from './whisper.ts';

/** One button for each task, side by side: Slack wants another name for each. */
export const TASK_ACTION = /^task_[a-z-]{1,60}$/;

/** Buttons that ask what is predefined. Pure. */
export function taskBlocks(language: TaskLanguage): Json[] {
  return [
    ...PREDEFINED_TASKS.map(({ title, about }) => `*${title[language]}*: ${about[language]}`).map((line) =>
      section(line),
    ),
    ...taskButtons(language),
  ].slice(-45);
}

export const taskButtons = (language: TaskLanguage): Json[] =>
  actions(
    PREDEFINED_TASKS.map(({ id, title, about }) =>
      button({
        action: `task_${id}`,
        label: title[language],
        says: `${title[language]}: ${about[language]}`,
        value: `${language}:${id}`,
      }),
    ),
  );

export interface TasksDeps {
  readonly admitted: Admitted;
  readonly asking: Pick<Asking, 'ask'>;
  readonly whisper: Whisper;
  /** Who pressed, and where; undefined where that cannot be told. */
  readonly pressedBy: (body: BlockAction) => Promise<Listener | undefined>;
  readonly onIgnored: (why: string) => void;
}

/** Asks the predefined question in the place of the button. Throws when it could not be stored. */
export function createTasks(deps: TasksDeps) {
  return async (body: BlockAction): Promise<void> => {
    const [language = '', id = ''] = pressedValue(body).split(':', 2);
    const task = findTask(id);
    const who = await deps.pressedBy(body);
    if (!task || !who) return deps.onIgnored('malformed');
    if (!deps.admitted(who)) return;
    const { prompt, title } = task;
    const spoken: TaskLanguage = language === 'de' ? 'de' : 'en';
    const asked = {
      prompt: prompt[spoken],
      shown: prompt[spoken],
      about: title[spoken],
      trigger: body.trigger_id,
    };
    if ((await deps.asking.ask(who, asked)) === 'closed') deps.whisper(who, CLOSED);
  };
}

const CLOSED = 'I cannot write in this conversation. Invite me first, or ask me directly.';
