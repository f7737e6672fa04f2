import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';
import { ask, botMessages, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';

describe('a conversation with the agent', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
  });

  afterAll(() => stack?.close());

  it('answers a mention in its thread with the figures of the account', async () => {
    const { reply } = await ask(stack, 'alice', '#cloud', `${MENTION} how many EC2 instances are running?`);
    expect(reply.text).toContain('4 EC2 instances are running');
    expect(reply.steps.map((step) => step.status)).not.toContain('error');
    expect(stack.slack.state.messages(stack.slack.people.place('alice', '#cloud').channel.id).length).toBe(2);
  });

  it('answers a direct message, and keeps one session for what is written in its thread', async () => {
    const first = await ask(stack, 'bob', 'dm', 'remember the build is 4711');
    await stack.slack.postAs('bob', 'dm', 'what did I say?', { threadTs: first.ts });
    const [, second] = await settledReplies(stack, first.channelId, first.ts, 2);
    expect(second?.text).toContain('4711');
  });

  it('takes the two events of one mention, and their redelivery, as one question', async () => {
    stack.slack.faults.add({ kind: 'duplicate_event', times: 2 });
    stack.slack.faults.add({ kind: 'lose_ack' });
    const { ts, channelId } = await ask(stack, 'carol', '#general', `${MENTION} echo once only`);
    await stack.slack.deliveries.idle();
    expect((await botMessages(stack, channelId, ts)).map((m) => m.text)).toEqual([
      expect.stringContaining('once only'),
    ]);
  });

  it.each([
    ['an empty mention', MENTION, /no question/],
    ['the word help', `${MENTION} help`, /Mention me with a question/],
  ])('answers %s without asking the agent', async (_what, text, answer) => {
    const asked = stack.aws.calls.length;
    const { reply } = await ask(stack, 'alice', '#general', text);
    expect(reply.notices.join()).toMatch(answer);
    expect(stack.aws.calls.length).toBe(asked);
  });

  it('says that it cannot read a file that comes without a question', async () => {
    const { ts } = await stack.slack.postAs('alice', 'dm', '', {
      files: [{ name: 'cpu.csv', content: 'a,b\n1,2\n' }],
    });
    const channel = stack.slack.people.place('alice', 'dm').channel.id;
    const [reply] = await settledReplies(stack, channel, ts);
    expect(reply?.notices.join()).toContain('got a file but no question');
  });

  it.each([
    ['emoji', 'echo 🚀 deploy 👩🏽‍💻 done ✅'],
    ['right-to-left text', 'echo مرحبا بالعالم שלום'],
    ['signs that Slack escapes', 'echo a &amp; b < c > d && e <- f'],
    ['Markdown', 'echo # Title\n\n> quoted\n\n```ts\nif (a < b && c > d) {}\n```'],
  ])('shows %s exactly as the agent said it, and nothing of it comes alive', async (_what, text) => {
    const { reply, ts, channelId } = await ask(stack, 'bob', 'dm', text);
    expect(reply.text.slice(0, text.length - 5)).toBe(text.replace('echo ', ''));
    const bot = stack.slack.thread(channelId, ts).filter((message) => message.botId !== undefined);
    for (const message of bot) {
      expect(message.live).toMatchObject({ users: [], groups: [], channels: [] });
    }
  });

  it('carries a question of 40,000 characters, and an answer that needs several messages, without losing one', async () => {
    const word = 'cloud-engineering-at-scale ';
    const long = word.repeat(Math.floor(39_900 / word.length)).trim();
    const { ts } = await stack.slack.postAs('alice', 'dm', `echo ${long}`);
    const channel = stack.slack.people.place('alice', 'dm').channel.id;
    const texts = async () => (await botMessages(stack, channel, ts)).map((message) => message.text);
    await eventually('the whole answer', async () => (await texts()).join('').includes(long), 30_000);
    expect((await texts()).length).toBeGreaterThan(3);
  });

  it('starts nothing for messages of bots, edits and its own words', async () => {
    const { ts, channelId } = await ask(stack, 'alice', '#cloud', `${MENTION} echo before the edit`);
    const asked = stack.aws.calls.length;
    await stack.slack.people.edit('alice', channelId, ts, `${MENTION} echo after the edit`);
    await stack.slack.deliveries.idle();
    expect(stack.aws.calls.length).toBe(asked);
    expect(await botMessages(stack, channelId, ts)).toHaveLength(1);
  });

  it('follows up in its threads without a mention, and stays silent in others', async () => {
    const { ts, channelId } = await ask(stack, 'alice', '#cloud', `${MENTION} echo first`);
    await stack.slack.postAs('alice', '#cloud', 'echo second', { threadTs: ts });
    const [, second] = await settledReplies(stack, channelId, ts, 2);
    expect(second?.text).toContain('second');

    const other = await stack.slack.postAs('alice', '#cloud', 'a thread among people');
    await stack.slack.postAs('bob', '#cloud', 'indeed', { threadTs: other.ts });
    await stack.slack.deliveries.idle();
    expect(stack.slack.thread(channelId, other.ts)).toHaveLength(2);
  });

  describe('when the agent fails', () => {
    it('says so, offers Retry to the one who asked, and asks again once', async () => {
      const { reply, ts, channelId } = await ask(stack, 'alice', '#cloud', `${MENTION} fail now`);
      expect(reply.notices.join()).toMatch(/press retry/i);
      expect(reply.offersRetry).toBe(true);

      const click = (user: string) =>
        stack.slack.interactions.click({ user, channel: channelId, ts: reply.ts });
      await click('bob');
      await Promise.all([click('alice'), click('alice')]);
      await settledReplies(stack, channelId, ts, 2);
      const whispers = await eventually('two private answers', () => {
        const found = stack.slack.calls.filter((call) => call.method === 'chat.postEphemeral');
        return found.length >= 2 ? found : undefined;
      });
      expect(whispers.map((call) => String(call.args.text))).toEqual([
        expect.stringContaining('Only the person who asked'),
        expect.stringContaining('already been asked again'),
      ]);
      expect(await botMessages(stack, channelId, ts)).toHaveLength(2);
      // A button that is spent goes away.
      await eventually('no Retry under the first message', async () => {
        const [first] = await botMessages(stack, channelId, ts);
        return first?.offersRetry === false;
      });
    });

    it.each([
      ['AccessDeniedException', /setup problem/],
      ['ServiceQuotaExceededException', /at its limit/],
      ['RuntimeClientError', /could not finish/],
    ])('turns %s into a message with a next step', async (name, words) => {
      stack.aws.faults.push({ operation: 'InvokeAgentRuntime', times: 2, kind: 'error', name });
      const { reply } = await ask(stack, 'bob', 'dm', 'echo hello');
      stack.aws.faults.length = 0;
      expect(reply.notices.join()).toMatch(words);
      expect(reply.notices.join()).not.toMatch(/Exception|Error|at .*:\d+/);
      expect(reply.offersRetry).toBe(true);
    });

    it('waits out a throttled moment by itself', async () => {
      stack.aws.faults.push({
        operation: 'InvokeAgentRuntime',
        times: 1,
        kind: 'error',
        name: 'ThrottlingException',
      });
      const { reply } = await ask(stack, 'bob', 'dm', 'echo patience');
      expect(reply.text).toContain('patience');
    });

    it('attaches to the run whose connection broke, and shows the whole answer once', async () => {
      stack.aws.faults.push({
        operation: 'InvokeAgentRuntime',
        times: 1,
        kind: 'cut_after_bytes',
        bytes: 400,
      });
      const { reply, ts, channelId } = await ask(stack, 'bob', 'dm', 'say 60 words');
      expect(await botMessages(stack, channelId, ts)).toHaveLength(1);
      const words = reply.text
        .replace(/_Offline model.*/s, '')
        .trim()
        .split(/\s+/);
      expect(words).toHaveLength(60);
    });
  });
});

describe('an agent that shows no sign of life', () => {
  let stack: Stack;
  let silent: Server;

  beforeAll(async () => {
    silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    stack = await startStack({
      agent: { mode: 'url', url: `http://127.0.0.1:${port}` },
      env: { AGENT_SILENCE_SECONDS: '1' },
    });
  });

  afterAll(async () => {
    await stack?.close();
    silent.closeAllConnections();
    silent.close();
  });

  it('is given up with a clear message, and its session is stopped so that the next question gets through', async () => {
    const { reply } = await ask(stack, 'bob', 'dm', 'echo too late');
    expect(reply.notices.join()).toContain('no sign of life');
    expect(reply.offersRetry).toBe(true);
    expect(stack.aws.calls.map((call) => call.operation)).toContain('StopRuntimeSession');
  });
});

describe('sessions of five people', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ agentMode: 'process' });
  });

  afterAll(() => stack?.close());

  it('live in five processes, and none knows what another was told', async () => {
    const people = [
      ['alice', '#cloud'],
      ['bob', '#cloud'],
      ['carol', '#cloud'],
      ['alice', 'dm'],
      ['bob', 'dm'],
    ] as const;
    const told = await Promise.all(
      people.map(async ([person, place], i) => {
        const text = `remember the canary is canary-${i}`;
        return {
          person,
          place,
          ...(await ask(stack, person, place, place === 'dm' ? text : `${MENTION} ${text}`)),
        };
      }),
    );
    expect(new Set(stack.aws.sessions().map((session) => session.pid)).size).toBe(5);

    await Promise.all(
      told.map(async ({ person, place, ts, channelId }, i) => {
        await stack.slack.postAs(person, place, 'what did I say?', { threadTs: ts });
        const [, answer] = await settledReplies(stack, channelId, ts, 2);
        expect(answer?.text.match(/canary-\d/g)).toContain(`canary-${i}`);
        expect(new Set(answer?.text.match(/canary-\d/g)).size).toBe(1);
      }),
    );
    expect(stack.aws.sessions()).toHaveLength(5);
  });
});
