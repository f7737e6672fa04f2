import { describe, expect, it } from 'vitest';
import { type Command, grammar } from '../../../src/chat/command.ts';
import { laneId } from '../../../src/chat/keys.ts';
import { createAccountCommands } from '../../../src/commands/account.ts';
import {
  type Asker,
  type CommandDeps,
  createCommands,
  unknownCommand,
} from '../../../src/commands/commands.ts';
import type { Stopped, StopRequest } from '../../../src/turns/operator.ts';
import type { TurnRecord } from '../../../src/turns/turn.ts';
import { noPrivacy } from '../../setup/no-privacy.ts';

const NOW = 1_000_000;
const asker: Asker = {
  key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.0' },
  sender: { id: 'U1', tenant: 'T1' },
};
const anywhere: Asker = { ...asker, key: { ...asker.key, thread: '' } };
const stop = (all = false): Command => ({ name: 'stop', all });

function turn(more: Partial<TurnRecord> & { conversation?: string; text?: string } = {}): TurnRecord {
  const { conversation = 'C1', text = 'how many?', ...rest } = more;
  return {
    id: 'turn-1',
    lane: 'lane-1',
    state: 'running',
    message: {
      key: { ...asker.key, conversation },
      kind: 'channel',
      sender: asker.sender,
      text,
      messageId: '1.0',
      addressed: true,
      files: [],
      claims: [],
    },
    attempt: 1,
    crashes: 0,
    receivedAt: NOW - 75_000,
    posted: [],
    sawWrite: false,
    invoked: false,
    at: {},
    places: {},
    ...rest,
  };
}

/** What was asked of the conversations, which answer nothing. */
const conversations = new Proxy({} as CommandDeps['conversations'], {
  get: (_, name) => async () => ({ found: false, atWork: false, text: String(name) }),
});

function commandsWith(more: Partial<CommandDeps['operator']> = {}) {
  const wishes: { lanes: readonly string[]; request: StopRequest }[] = [];
  const answers: Stopped[][] = [];
  const commands = createCommands({
    now: () => NOW,
    conversations,
    tasks: () => [],
    account: createAccountCommands(undefined),
    privacy: noPrivacy,
    operator: {
      stopLanes: async (lanes, request) => {
        wishes.push({ lanes, request });
        return answers.shift();
      },
      stopTurn: async () => ({ outcome: 'stopping', turnId: 'turn-1', cancelled: 0, waiting: 0 }),
      openTurnsIn: async () => [],
      openTurnsOf: async () => [],
      show: async () => undefined,
      ...more,
    },
  });
  return { ...commands, wishes, answers };
}

const stopped = (outcome: Stopped['outcome'], cancelled = 0, waiting = 0): Stopped => ({
  outcome,
  turnId: 'turn-1',
  cancelled,
  waiting,
});

describe('stop', () => {
  it.each<[string, Stopped[], Partial<Record<'found' | 'atWork', boolean>>, string]>([
    ['what runs', [stopped('stopping')], { found: true, atWork: true }, 'Stopping.'],
    [
      'what runs before others',
      [stopped('stopping', 0, 1)],
      { found: true, atWork: true },
      'Stopping. One question still waits; write `stop all` to cancel that, too.',
    ],
    [
      'everything',
      [stopped('stopping', 2)],
      { found: true, atWork: true },
      'Stopping. 2 questions that waited are cancelled.',
    ],
    [
      'what had not begun',
      [stopped('cancelled')],
      { found: true, atWork: false },
      'One question that waited is cancelled.',
    ],
    [
      'what is shown already',
      [stopped('posting')],
      { found: true, atWork: true },
      'The answer is complete already and is being shown.',
    ],
    ['nothing', [stopped('none')], { found: false, atWork: false }, 'Nothing of yours is at work here.'],
    [
      'what has ended',
      [stopped('ended')],
      { found: false, atWork: false },
      'Nothing of yours is at work here.',
    ],
    [
      'several threads at once',
      [stopped('stopping', 0, 1), stopped('cancelled', 0, 1), stopped('stopping')],
      { found: true, atWork: true },
      'Stopping. One question that waited is cancelled. 2 questions still wait; write `stop all` to cancel that, too.',
    ],
  ])('of %s says so', async (_, answer, facts, text) => {
    const commands = commandsWith();
    commands.answers.push(answer);
    expect(await commands.run(stop(), asker)).toEqual({ ...facts, text });
  });

  it('concerns the asker’s own lane in a thread, and says who wants it', async () => {
    const commands = commandsWith();
    await commands.runOnce(stop(true), asker, 'this delivery');
    expect(commands.wishes).toEqual([
      {
        lanes: [laneId(asker.key, asker.sender)],
        request: { reason: 'person', by: 'T1:U1', all: true, claim: 'this delivery' },
      },
    ]);
  });

  it('outside a thread concerns everything of the asker’s in the conversation, each lane once', async () => {
    const commands = commandsWith({
      openTurnsOf: async (sender) => {
        expect(sender).toEqual(asker.sender);
        return [
          turn({ lane: 'a' }),
          turn({ lane: 'a', state: 'queued', attempt: 0 }),
          turn({ lane: 'b' }),
          turn({ lane: 'c', conversation: 'C2' }),
        ];
      },
    });
    await commands.run(stop(), anywhere);
    expect(commands.wishes.map((wish) => wish.lanes)).toEqual([['a', 'b']]);
  });

  it('that was heard before is answered with nothing', async () => {
    expect(await commandsWith().runOnce(stop(), asker, 'again')).toBeUndefined();
  });

  it('by button is for the person who asked', async () => {
    const { stopTurn } = commandsWith({
      show: async (id) => ({ id, state: 'running', reason: undefined, record: turn() }),
    });
    expect(await stopTurn('turn-1', asker)).toMatchObject({ found: true, text: 'Stopping.' });
    for (const sender of [
      { id: 'U2', tenant: 'T1' },
      { id: 'U1', tenant: 'T2' },
    ])
      expect(await stopTurn('turn-1', { ...asker, sender })).toMatchObject({
        found: false,
        text: 'Only the person who asked can stop this.',
      });
  });

  it('by button of a turn that is no longer kept finds nothing; of one that cannot be read, is nobody’s', async () => {
    expect((await commandsWith().stopTurn('turn-1', asker)).text).toBe('Nothing of yours is at work here.');
    const { stopTurn } = commandsWith({
      show: async (id) => ({ id, state: 'running', reason: undefined, record: undefined }),
    });
    expect((await stopTurn('turn-1', asker)).text).toBe('Only the person who asked can stop this.');
  });
});

describe('status', () => {
  it('says for how long what is at work, and what waits', async () => {
    const { run } = commandsWith({
      openTurnsIn: async (lane) => {
        expect(lane).toBe(laneId(asker.key, asker.sender));
        return [turn({ text: `why\n\n${'x'.repeat(80)}` }), turn({ attempt: 0 }), turn({ attempt: 0 })];
      },
    });
    expect(await run({ name: 'status' }, asker)).toEqual({
      found: true,
      atWork: true,
      text: `At work for 1 min 15 s on “why ${'x'.repeat(55)}…”.\n2 questions wait.\nWrite \`stop\` to end it.`,
      open: [false, true, true].map((waiting) => expect.objectContaining({ id: 'turn-1', waiting })),
    });
  });

  it('repeats no secret that somebody has asked about: others may read along', async () => {
    const secret = `AK${'IA'}IOSFODNN7EXAMPLE`;
    const { run } = commandsWith({ openTurnsIn: async () => [turn({ text: `is ${secret} ours?` })] });
    const answer = await run({ name: 'status' }, asker);
    expect(answer.text).toContain('on “is [hidden] ours?”');
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it('says that nothing is at work', async () => {
    expect(await commandsWith().run({ name: 'status' }, anywhere)).toMatchObject({ found: false });
  });
});

it('help says what can be asked, and is given for words that are no command', async () => {
  const help = grammar.help('/agent');
  expect((await commandsWith().run({ name: 'help' }, asker)).text).toBe(help);
  for (const word of ['stop [all]', 'status', 'sessions [words]']) expect(help).toContain(`\`${word}\``);
  expect(unknownCommand('  make coffee ')).toBe(`I do not know the command “make coffee”. ${help}`);
  expect(unknownCommand('stpo')).toBe('I do not know the command “stpo”. Did you mean `stop [all]`?');
  expect(unknownCommand('resume')).toContain('`resume <number or name>`');
  expect(unknownCommand('😀'.repeat(100))).toContain(`“${'😀'.repeat(60)}”`);
});
