import { afterEach, describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../src/contract/events.ts';
import type { Invocation } from '../../../src/contract/invocation.ts';
import { createSlackClient } from '../../../src/slack/client.ts';
import { createThreadReading } from '../../../src/slack/thread-reading.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import type { AgentCall } from '../../../src/turns/run-turn.ts';
import { withThread } from '../../../src/turns/seen-thread.ts';
import { end, numbered } from '../../unit/turns/agent-events.ts';
import { SOMEBODY } from '../turns/messages.ts';
import { type ConversationsRig, type RigOptions, startConversations } from './conversations-rig.ts';
import { mention, send } from './slack-ingress.ts';

const MENTION = '@Cloud Engineer';
const ANY = { any: true, ids: new Set<string>() };

const open: ConversationsRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

/** A channel before the real web role; questions are answered as a worker would, by an agent that only listens. */
async function start(options: RigOptions = {}) {
  const rig = await startConversations('http', options);
  open.push(rig);
  const { slack } = rig;
  const client = createSlackClient({
    token: 'xoxb-test',
    apiUrl: slack.apiUrl,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  const itself = await client.call('auth.test', {});
  const botUserId = String(itself.user_id);
  const heard: (readonly string[])[] = [];
  const invoke = withThread(
    async function* ({ invocation }: AgentCall): AsyncGenerator<AgentEvent> {
      heard.push((invocation.thread ?? []).map(({ text }) => text));
      yield* numbered([end()]);
    },
    createThreadReading({
      callAside: ({ method, args }) => client.call(method, args),
      bot: async () => ({ userId: botUserId }),
      nameOf: async (_tenant, id) => id,
      log: createLogger({ level: 'silent' }),
    }),
  );
  const reads = () => slack.calls.filter(({ method }) => method === 'conversations.replies').length;

  async function say(user: string, text: string, threadTs?: string, channel = '#cloud'): Promise<string> {
    const { ts } = await slack.postAs(user, channel, text, { threadTs });
    await slack.deliveries.idle();
    return ts;
  }

  /** Asks, and answers what the agent was told that others wrote; and how often the thread was read for it. */
  async function ask(user: string, text: string, threadTs?: string, channel?: string) {
    const readBefore = reads();
    const ts = await say(user, text, threadTs, channel);
    const turn = await rig.lanes.claim('w');
    if (!turn) throw new Error(`"${text}" is no question`);
    const { message, others } = turn;
    const invocation = { mode: 'start', prompt: message.text } as Invocation;
    const { signal } = new AbortController();
    const call = {
      mode: 'start',
      sessionId: 's',
      person: SOMEBODY,
      traceparent: '',
      message,
      others,
      invocation,
    };
    for await (const _ of invoke({ ...call, signal } as unknown as AgentCall));
    await rig.post({ channel: message.key.conversation, thread_ts: message.key.thread, text: 'My answer.' });
    await slack.deliveries.idle();
    await rig.endTurn(turn);
    return { ts, told: heard.at(-1), reads: reads() - readBefore };
  }
  return { rig, say, ask, reads, botUserId };
}

const NOTHING = { told: [], reads: 0 };

describe('a thread is read for what others wrote', () => {
  it('never for somebody who is alone in it with the bot, however often they go on', async () => {
    const { ask, reads } = await start();
    const { ts } = await ask('alice', `${MENTION} one`);
    for (const text of ['two', `${MENTION} three`, `${MENTION} four`, 'five'])
      expect(await ask('alice', text, ts)).toMatchObject(NOTHING);
    const direct = await ask('alice', 'one', undefined, 'dm');
    expect(await ask('alice', 'two', direct.ts, 'dm')).toMatchObject(NOTHING);
    expect(reads()).toBe(0);
  });

  it('with the first question in a thread that was there before', async () => {
    const { say, ask } = await start();
    const ts = await say('bob', 'The deploy fails.');
    await say('carol', 'Since noon.', ts);
    expect(await ask('alice', `${MENTION} why?`, ts)).toMatchObject({
      told: ['The deploy fails.', 'Since noon.'],
      reads: 1,
    });
  });

  it('by two who ask in it, each for the words of the other', async () => {
    const { ask, botUserId } = await start();
    const { ts } = await ask('alice', `${MENTION} how many instances?`);
    expect(await ask('bob', 'and in Ohio?', ts)).toMatchObject({
      told: [`@${botUserId} how many instances?`],
      reads: 1,
    });
    expect((await ask('alice', 'the idle ones?', ts)).told).toEqual(['and in Ohio?']);
    expect(await ask('alice', 'thanks', ts)).toMatchObject(NOTHING);
    // Whoever names the bot wants it to know the thread, and nobody knows what it still has of it.
    expect(await ask('alice', `${MENTION} sum up`, ts)).toMatchObject({ told: ['and in Ohio?'], reads: 1 });
  });

  it('after a word to a third person', async () => {
    const { rig, say, ask } = await start();
    const { ts } = await ask('alice', `${MENTION} one`);
    const carol = rig.slack.people.person('carol').id;
    await say('bob', `<@${carol}> is it yours?`, ts);
    expect(rig.ignored).toContain('for_somebody_else');
    expect(await ask('alice', 'two', ts)).toMatchObject({ told: [`@${carol} is it yours?`], reads: 1 });
    expect(await ask('alice', 'three', ts)).toMatchObject(NOTHING);
  });

  it('after words that are no question where only mentions are', async () => {
    const { rig, say, ask } = await start({ followUps: 'mention' });
    const { ts } = await ask('alice', `${MENTION} one`);
    expect(await ask('alice', `${MENTION} two`, ts)).toMatchObject(NOTHING);
    await say('bob', 'I doubt it.', ts);
    expect(rig.ignored).toContain('no_mention');
    expect(await ask('alice', `${MENTION} sure?`, ts)).toMatchObject({ told: ['I doubt it.'], reads: 1 });
  });

  it('after the words of somebody who may not ask', async () => {
    const people = { any: false, ids: new Set<string>() };
    const { rig, say, ask, botUserId } = await start({ rules: { tenants: ANY, conversations: ANY, people } });
    people.ids.add(rig.slack.people.person('alice').id);
    const { ts } = await ask('alice', `${MENTION} one`);
    await say('bob', 'It was me.', ts);
    await say('bob', `${MENTION} forgive me`, ts);
    expect(rig.ignored).toEqual(expect.arrayContaining(['person_not_allowed']));
    expect(await ask('alice', 'two', ts)).toMatchObject({
      told: ['It was me.', `@${botUserId} forgive me`],
      reads: 1,
    });
  });

  it('after a question that was over its author’s quota', async () => {
    const { say, ask } = await start({ lanes: { personPerHour: 2 } });
    const { ts } = await ask('alice', `${MENTION} one`);
    const other = await ask('bob', `${MENTION} one`);
    await ask('bob', 'two', other.ts);
    await say('bob', 'three', ts);
    expect(await ask('alice', 'two', ts)).toMatchObject({ told: ['three'], reads: 1 });
  });

  it('after a message of another bot, and not of its own', async () => {
    const { rig, ask, botUserId } = await start();
    const { ts } = await ask('alice', `${MENTION} one`);
    const { channel, user } = rig.slack.people.place('alice', '#cloud');
    const written = (fields: Record<string, unknown>, id: string) =>
      send(
        { url: rig.webUrl },
        mention(
          { type: 'message', text: 'Deployed.', channel: channel.id, thread_ts: ts, bot_id: 'B9', ...fields },
          {
            team_id: user.teamId,
            event_id: id,
            authorizations: [{ team_id: user.teamId, user_id: botUserId }],
          },
        ),
      );
    await written({ user: botUserId }, 'Ev-own');
    expect(await ask('alice', 'two', ts)).toMatchObject({ reads: 0 });
    await written({ user: 'U0OTHERBOT' }, 'Ev-bot');
    expect(await ask('alice', 'three', ts)).toMatchObject({ reads: 1 });
    await written({ user: undefined, subtype: 'bot_message' }, 'Ev-hook');
    expect(await ask('alice', 'four', ts)).toMatchObject({ reads: 1 });
  });
});
