import type { Command } from '../chat/command.ts';
import { spoken } from '../chat/duration.ts';
import { laneId, threadId } from '../chat/keys.ts';
import { notice } from '../chat/notices.ts';
import type { ConversationKey, Sender } from '../chat/vocabulary.ts';
import type { Operator, Stopped } from '../turns/operator.ts';
import type { TurnRecord } from '../turns/turn.ts';

/** Who asks, and where. `thread` is empty for a command that belongs to no thread. */
export interface Asker {
  readonly key: ConversationKey;
  readonly sender: Sender;
}

export interface CommandDeps {
  readonly operator: Pick<Operator, 'stopLane' | 'stopTurn' | 'openTurnsOf' | 'show'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface CommandAnswer {
  /** In plain words. */
  readonly text: string;
  /** There was something to do, or to tell. */
  readonly found: boolean;
}

export type Commands = ReturnType<typeof createCommands>;

/** What the bot itself does when it is told to: at once, past the lanes. */
export function createCommands(deps: CommandDeps) {
  const { operator, now } = deps;
  const byPerson = ({ sender }: Asker, all: boolean) =>
    ({ reason: 'person', by: `${sender.tenant}:${sender.id}`, all }) as const;

  /** The asker's own open turns: in the thread, or in the whole conversation where there is no thread. */
  async function openHere({ key, sender }: Asker): Promise<TurnRecord[]> {
    const here = (turn: TurnRecord) =>
      key.thread === ''
        ? turn.message.key.conversation === key.conversation
        : threadId(turn.message.key) === threadId(key);
    return (await operator.openTurnsOf(sender)).filter(here);
  }

  async function stop(asker: Asker, all: boolean): Promise<CommandAnswer> {
    if (asker.key.thread !== '') {
      const lane = laneId(asker.key, asker.sender);
      return stopAnswer([await operator.stopLane(lane, byPerson(asker, all))]);
    }
    const lanes = new Set((await openHere(asker)).map((turn) => turn.lane));
    return stopAnswer(
      await Promise.all([...lanes].map((lane) => operator.stopLane(lane, byPerson(asker, all)))),
    );
  }

  async function status(asker: Asker): Promise<CommandAnswer> {
    const turns = await openHere(asker);
    if (turns.length === 0) return { found: false, text: NOTHING };
    const waiting = turns.filter(isWaiting);
    const lines = turns
      .filter((turn) => !isWaiting(turn))
      .map(
        (turn) =>
          `At work for ${spoken(Math.max(0, now() - turn.receivedAt))} on “${quoted(turn.message.text)}”.`,
      );
    if (waiting.length > 0)
      lines.push(`${questions(waiting.length)} ${waiting.length === 1 ? 'waits' : 'wait'}.`);
    return { found: true, text: `${lines.join('\n')}\nWrite \`stop\` to end it.` };
  }

  return {
    async run(command: Command, asker: Asker): Promise<CommandAnswer> {
      switch (command.name) {
        case 'help':
          return { found: true, text: HELP };
        case 'stop':
          return stop(asker, command.all);
        case 'status':
          return status(asker);
        default:
          return command satisfies never;
      }
    },

    /** Stops one turn, for the person who asked it. */
    async stopTurn(turnId: string, asker: Asker): Promise<CommandAnswer> {
      const sender = (await operator.show(turnId))?.record?.message.sender;
      if (sender?.id !== asker.sender.id || sender.tenant !== asker.sender.tenant)
        return { found: false, text: NOT_YOURS };
      return stopAnswer([await operator.stopTurn(turnId, byPerson(asker, false))]);
    },
  };
}

/** What `/agent` says of words that are no command. */
export function unknownCommand(words: string): string {
  return `I do not know the command “${[...words.trim()].slice(0, 60).join('')}”. ${HELP}`;
}

const HELP = notice('help').text;
const NOTHING = 'Nothing of yours is at work here.';
const NOT_YOURS = 'Only the person who asked can stop this.';

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
  return words.length === 0 ? { found: false, text: NOTHING } : { found: true, text: words.join(' ') };
}

const questions = (count: number) => (count === 1 ? 'One question' : `${count} questions`);

function quoted(text: string): string {
  const words = text.replace(/\s+/g, ' ').trim();
  return words.length <= 60 ? words : `${[...words].slice(0, 59).join('')}…`;
}
