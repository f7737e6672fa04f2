import type { Command } from '../chat/command.ts';
import type { Sender } from '../chat/vocabulary.ts';
import type { ConversationAnswer } from '../commands/conversation-answers.ts';
import { wordsOf } from './answer-blocks.ts';
import type { HomePeople } from './home-people.ts';
import { taskLanguage } from './home-view.ts';
import type { PrivateWord } from './link-blocks.ts';
import { taskBlocks } from './tasks.ts';

/** A command's answer as Slack shows it. */
export type WordsFor = (command: Command, answer: ConversationAnswer, who: Sender) => Promise<PrivateWord>;

/** Tasks come with a button each, in the language that the person has set. */
export function createWordsFor(homes: Pick<HomePeople, 'settingsOf'>): WordsFor {
  return async (command, answer, who) => {
    const words = wordsOf(answer);
    if (command.name !== 'tasks') return words;
    return { text: words.text, blocks: taskBlocks(taskLanguage(await homes.settingsOf(who))) };
  };
}
