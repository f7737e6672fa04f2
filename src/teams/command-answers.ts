import type { Command } from '../chat/command.ts';
import type { Asker, Commands } from '../commands/commands.ts';
import type { ConversationAnswer } from '../commands/conversation-answers.ts';
import { WORDS_LIMIT } from '../commands/session-buttons.ts';
import type { Once } from '../turns/once.ts';
import type { TeamsActivity } from './activity.ts';
import { firstLine, helpCard, taskCard, wordOf } from './answer-cards.ts';
import type { Background } from './background.ts';
import { rootOf, type Whereabouts } from './normalise.ts';
import type { CardState } from './session-cards.ts';
import { languageOf } from './tasks.ts';
import { placeOf, REDELIVERED_S } from './telling.ts';
import { NoPrivateChat, type Voice, type Word } from './voice.ts';
import { DONE_ELSEWHERE, NOT_HERE, SENT_ALONE } from './words.ts';

/**
 * Commands that may be answered where others read it: what they tell stands there already, or concerns nobody. All others
 * tell of somebody's conversations or account, and Teams has no message in a channel that only one person sees; so they
 * are answered in the personal chat.
 */
const FOR_ALL: ReadonlySet<Command['name']> = new Set(['help', 'status', 'stop', 'tasks']);
/** What these do is done also where nobody can be told. */
const CHANGES: ReadonlySet<Command['name']> = new Set([
  'new',
  'resume',
  'rename',
  'archive',
  'restore',
  'tag',
  'delete',
  'unlink',
]);

/** Somebody's wish, in a message or by a button. */
export interface Wish {
  readonly activity: TeamsActivity;
  readonly where: Whereabouts;
  readonly command: Command;
  /** Names the wish: however often it is delivered, it is one. */
  readonly claim: string;
  /** They were speaking to the bot. */
  readonly addressed: boolean;
}

/**
 * said      it was carried out, and the answer is being said; or it was heard before
 * alone     the same, in the personal chat
 * question  the words were no command after all
 * unheard   the bot was not spoken to, and has nothing to tell
 */
export type Carried = 'said' | 'alone' | 'question' | 'unheard';

export interface CommandAnswersDeps {
  readonly commands: Pick<Commands, 'runOnce'>;
  readonly once: Once;
  readonly voice: Voice;
  readonly background: Background;
}

export type CommandAnswers = ReturnType<typeof createCommandAnswers>;

/** Carries commands out and says what comes of them. Throws when something could not be stored. */
export function createCommandAnswers({ commands, once, voice, background }: CommandAnswersDeps) {
  /** `silently`: nothing is said in the conversation itself. */
  function sayAlone(
    { activity, where, command }: Wish,
    { found, refused }: ConversationAnswer,
    word: Word,
    silently: boolean,
  ): void {
    background('a private answer could not be shown', async () => {
      const place = placeOf(activity);
      try {
        await voice.sayAlone({ id: where.sender.id, tenant: where.key.tenant }, word);
      } catch (error) {
        if (!(error instanceof NoPrivateChat)) throw error;
        const done = CHANGES.has(command.name) && found && !refused;
        return voice.say(place, { text: done ? DONE_ELSEWHERE : NOT_HERE });
      }
      if (!silently) await voice.say(place, { text: SENT_ALONE });
    });
  }

  return async (wish: Wish, silently = false): Promise<Carried> => {
    const { activity, where, command, claim, addressed } = wish;
    const asker = askerOf(where, activity);
    const answer = await commands.runOnce(command, asker, `command:${claim}`);
    const alone = where.kind !== 'direct' && !FOR_ALL.has(command.name);
    const carried = alone ? 'alone' : 'said';
    if (!answer) return carried;
    if (answer.question) return 'question';
    if (!answer.found && !addressed) return 'unheard';
    // Only afterwards: a command that failed has to be carried out when Teams delivers it again.
    if (!(await once(`told:${claim}`, REDELIVERED_S))) return carried;
    const { conversation, thread } = asker.key;
    const word = wordFor(command, answer, activity, {
      list: command.name === 'sessions' ? listIn(answer) : {},
      ...(alone ? { place: { conversation, thread } } : {}),
      account: activity.from?.id,
    });
    if (alone) sayAlone(wish, answer, word, silently);
    else background('an answer could not be shown', () => voice.say(placeOf(activity), word));
    return carried;
  };
}

/** At the top of a channel, people mean all that they asked there. */
function askerOf({ key, kind, sender }: Whereabouts, { id, locale }: TeamsActivity): Asker {
  const atTop = kind === 'channel' && rootOf(key.thread) === id;
  return { key: atTop ? { ...key, thread: '' } : key, sender, locale: locale ?? undefined };
}

/** The list that is answered, for it to be shown again. */
function listIn({ shown }: ConversationAnswer): CardState['list'] {
  if (shown?.kind !== 'sessions') return {};
  return {
    ...(shown.words === '' ? {} : { words: shown.words.slice(0, WORDS_LIMIT) }),
    ...(shown.archived ? { archived: true } : {}),
  };
}

function wordFor(
  { name }: Command,
  answer: ConversationAnswer,
  activity: TeamsActivity,
  state: CardState,
): Word {
  const { text } = answer;
  if (name === 'help') return { text: firstLine(text), card: helpCard(text) };
  if (name === 'tasks') return { text: firstLine(text), card: taskCard(languageOf(activity)) };
  return wordOf(answer, state);
}
