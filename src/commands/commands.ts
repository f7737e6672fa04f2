import { type Command, grammar } from '../chat/command.ts';
import { spoken } from '../chat/duration.ts';
import { laneId } from '../chat/keys.ts';
import { oneLine } from '../chat/one-line.ts';
import { maskSecrets } from '../chat/secrets.ts';
import type { Platform } from '../chat/vocabulary.ts';
import type { Operator, Stopped } from '../turns/operator.ts';
import type { TurnRecord } from '../turns/turn.ts';
import type { AccountAnswer, AccountCommands, Asker } from './account.ts';
import type { CommandAnswer } from './answer.ts';
import type { ConversationAnswer } from './conversation-answers.ts';
import type { Conversations } from './conversations.ts';
import type { PrivacyCommands } from './privacy.ts';

/** So much of a question is quoted. Characters. */
const QUOTE_LENGTH = 60;

export type { Asker } from './account.ts';
export type { CommandAnswer } from './answer.ts';

export interface CommandDeps {
  readonly operator: Pick<Operator, 'stopLanes' | 'stopTurn' | 'openTurnsIn' | 'openTurnsOf' | 'show'>;
  readonly account: Pick<AccountCommands, 'link' | 'unlink' | 'whoami'>;
  readonly privacy: Pick<PrivacyCommands, 'export' | 'askForget'>;
  readonly conversations: Omit<Conversations, 'edit' | 'untag' | 'entryOf' | 'words'>;
  /** What people can have done at a press. */
  readonly tasks: () => readonly Task[];
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface Task {
  readonly id: string;
  readonly title: string;
  /** What is asked then. */
  readonly prompt: string;
}

export type Commands = ReturnType<typeof createCommands>;

/** What the bot itself does when it is told to: at once, past the lanes. */
export function createCommands(deps: CommandDeps) {
  const { operator, account, conversations, privacy, now } = deps;
  const byPerson = ({ sender }: Asker) =>
    ({ reason: 'person', by: `${sender.tenant}:${sender.id}` }) as const;

  /** The asker's own open turns: in the thread, or in the whole conversation where there is no thread. */
  async function openHere({ key, sender }: Asker): Promise<TurnRecord[]> {
    if (key.thread !== '') return operator.openTurnsIn(laneId(key, sender));
    const turns = await operator.openTurnsOf(sender);
    return turns.filter((turn) => turn.message.key.conversation === key.conversation);
  }

  async function stop(asker: Asker, all: boolean, claim?: string): Promise<CommandAnswer | undefined> {
    const lanes =
      asker.key.thread === ''
        ? new Set((await openHere(asker)).map((turn) => turn.lane))
        : [laneId(asker.key, asker.sender)];
    const request = { ...byPerson(asker), all, ...(claim === undefined ? {} : { claim }) };
    const stopped = await operator.stopLanes([...lanes], request);
    return stopped && stopAnswer(stopped);
  }

  async function status(asker: Asker): Promise<CommandAnswer> {
    const turns = await openHere(asker);
    if (turns.length === 0) return nothing;
    const waiting = turns.filter(isWaiting);
    const lines = turns
      .filter((turn) => !isWaiting(turn))
      .map(
        (turn) =>
          `At work for ${spoken(Math.max(0, now() - turn.receivedAt))} on “${oneLine(asked(turn), QUOTE_LENGTH)}”.`,
      );
    if (waiting.length > 0)
      lines.push(`${questions(waiting.length)} ${waiting.length === 1 ? 'waits' : 'wait'}.`);
    const text = `${lines.join('\n')}\nWrite \`stop\` to end it.`;
    const open = turns.map((turn) => ({
      id: turn.id,
      question: asked(turn),
      since: turn.receivedAt,
      waiting: isWaiting(turn),
    }));
    return { found: true, atWork: turns.length > waiting.length, text, open };
  }

  /** Words that may as well be a question are one where there is no such session. */
  async function unlessQuestion<T extends ConversationAnswer | undefined>(
    { onlyIfKnown }: { readonly onlyIfKnown?: true },
    asked: Promise<T>,
  ): Promise<T | ConversationAnswer> {
    const answer = await asked;
    return answer && !answer.found && onlyIfKnown ? { ...answer, question: true } : answer;
  }

  /** Undefined: this wish was heard before. */
  async function run(
    command: Command,
    asker: Asker,
    claim?: string,
  ): Promise<ConversationAnswer | undefined> {
    switch (command.name) {
      case 'help':
        return { found: true, atWork: false, text: helpFor(asker.key.platform) };
      case 'sessions':
        return command.words.toLowerCase() === 'archived'
          ? conversations.list(asker, { archived: true })
          : conversations.list(asker, { words: command.words });
      case 'new':
        return conversations.startNew(asker, command.title, claim);
      case 'resume':
        return unlessQuestion(command, conversations.resume(asker, command.session, claim));
      case 'rename':
        return conversations.rename(asker, undefined, command.title);
      case 'history':
        return conversations.history(asker, undefined, command.count);
      case 'archive':
        return unlessQuestion(command, conversations.archive(asker, command.session));
      case 'restore':
        return unlessQuestion(command, conversations.restore(asker, command.session));
      case 'tag':
        return conversations.tag(asker, undefined, command.tag);
      case 'delete':
        return command.session && command.really
          ? conversations.remove(asker, command.session)
          : unlessQuestion(command, conversations.askDelete(asker, command.session));
      case 'search':
        return conversations.search(asker, command.words);
      case 'tasks':
        return tasksAnswer(deps.tasks());
      case 'stop':
        return stop(asker, command.all, claim);
      case 'status':
        return status(asker);
      case 'link':
        return about(await account.link(asker));
      case 'unlink':
        return about(await account.unlink(asker));
      case 'whoami':
        return about(await account.whoami(asker));
      case 'export':
        return privacy.export(asker);
      case 'forget me':
        return privacy.askForget(asker);
      default:
        return command satisfies never;
    }
  }

  return {
    /** For words that can be nothing but a command. */
    run: async (command: Command, asker: Asker): Promise<ConversationAnswer> =>
      (await run(command, asker)) ?? nothing,

    /**
     * For a platform that delivers more than once: `claim` names the wish. Undefined when it was heard before, so that
     * a `stop` that is delivered again does not stop the next question.
     */
    runOnce: (command: Command, asker: Asker, claim: string) => run(command, asker, claim),

    /** Stops one turn, for the person who asked it. */
    async stopTurn(turnId: string, asker: Asker): Promise<CommandAnswer> {
      const turn = await operator.show(turnId);
      if (!turn) return nothing;
      const sender = turn.record?.message.sender;
      if (sender?.id !== asker.sender.id || sender.tenant !== asker.sender.tenant)
        return { ...nothing, text: NOT_YOURS };
      return stopAnswer([await operator.stopTurn(turnId, byPerson(asker))]);
    },
  };
}

const helpFor = (platform: Platform): string => grammar.help(platform === 'slack' ? '/agent' : undefined);

/** What `/agent` says of words that are no command: what may have been meant, or how it is used. */
export function unknownCommand(words: string): string {
  const hint = grammar.hint(words);
  if (hint.kind === 'usage')
    return `That is written \`${hint.usage}\`. Write \`help\` to see all that I understand.`;
  const unknown = `I do not know the command “${[...words.trim()].slice(0, 60).join('')}”.`;
  return hint.kind === 'meant'
    ? `${unknown} Did you mean \`${grammar.usage(hint.name)}\`?`
    : `${unknown} ${helpFor('slack')}`;
}

function tasksAnswer(tasks: readonly Task[]): CommandAnswer {
  if (tasks.length === 0)
    return { found: false, atWork: false, text: 'No tasks are set up here. Ask me in your own words.' };
  const lines = tasks.map(({ title, prompt }) => `${title}: “${oneLine(prompt, 200)}”`);
  return { found: true, atWork: false, text: ['You can ask me, for example:', ...lines].join('\n') };
}

const about = (answer: AccountAnswer): CommandAnswer => ({ ...answer, found: true, atWork: false });

const NOT_YOURS = 'Only the person who asked can stop this.';
const nothing: CommandAnswer = {
  found: false,
  atWork: false,
  text: 'Nothing of yours is at work here.',
};

/** Others may read it where it is said, and it may not be judged yet. */
const asked = (turn: TurnRecord) => maskSecrets(turn.message.text);

const isWaiting = (turn: TurnRecord) => turn.attempt === 0;

function stopAnswer(stopped: readonly Stopped[]): CommandAnswer {
  const has = (outcome: Stopped['outcome']) => stopped.some((one) => one.outcome === outcome);
  const sum = (count: (one: Stopped) => number) => stopped.reduce((total, one) => total + count(one), 0);
  const cancelled = sum((one) => one.cancelled + (one.outcome === 'cancelled' ? 1 : 0));
  const waiting = sum((one) => one.waiting);
  const words = [
    ...(has('stopping') ? ['Stopping.'] : []),
    ...(has('posting') ? ['The answer is complete already and is being shown.'] : []),
    ...(cancelled > 0
      ? [`${questions(cancelled)} that waited ${cancelled === 1 ? 'is' : 'are'} cancelled.`]
      : []),
    ...(waiting > 0
      ? [
          `${questions(waiting)} still ${waiting === 1 ? 'waits' : 'wait'}; write \`stop all\` to cancel that, too.`,
        ]
      : []),
  ];
  if (words.length === 0) return nothing;
  return { found: true, atWork: has('stopping') || has('posting'), text: words.join(' ') };
}

const questions = (count: number) => (count === 1 ? 'One question' : `${count} questions`);
