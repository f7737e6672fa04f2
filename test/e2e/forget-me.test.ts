import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findElements } from '../../local/slack/elements.ts';
import type { Message } from '../../local/slack/model.ts';
import { createMemoryClient, type MemoryClient } from '../../src/agentcore/memory-client.ts';
import { claimId, laneId, personId } from '../../src/chat/keys.ts';
import type { ConversationKey } from '../../src/chat/vocabulary.ts';
import { createReader } from '../../src/config/reader.ts';
import { readSecrets } from '../../src/config/secrets.ts';
import { eventToken, memoryActor, talkOf } from '../../src/contract/memory.ts';
import { createExamples } from '../../src/guardrails/examples.ts';
import { createDirectory } from '../../src/sessions/directory.ts';
import { createLanePlaces } from '../../src/sessions/lane-places.ts';
import { createMemoryOutbox } from '../../src/sessions/memory-outbox.ts';
import { sessionId } from '../../src/sessions/session-id.ts';
import { greetingOf } from '../../src/slack/assistant-view.ts';
import { FORGET_ACTION, FORGET_FIELD } from '../../src/slack/privacy-blocks.ts';
import { type Connection, connect, disconnect } from '../../src/store/connection.ts';
import { localDataKeys } from '../../src/store/data-keys.ts';
import { createSealer } from '../../src/store/sealed.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createFeedback } from '../../src/turns/feedback.ts';
import { eventually } from '../setup/eventually.ts';
import { linkIn, linkUp, promptFor, whispersTo } from './linking.ts';
import { type Stack, startStack } from './stack.ts';
import { settledReplies } from './thread.ts';
import { fileTraces, found, redisTraces } from './traces.ts';

const MENTION = '@Cloud Engineer';
const MEMORY = 'threadcore-AbCdEf1234';
const KEYS = `k1:${randomBytes(32).toString('base64')}`;
const silent = createLogger({ level: 'silent' });
const { signal } = new AbortController();

let folder: string;
let stack: Stack;
let redis: Connection;
let memory: MemoryClient;
const logged: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadcore-forget-'));
  stack = await startStack({
    identity: {},
    env: { ENCRYPTION_KEYS: KEYS, MEMORY_RESOURCE_ID: MEMORY, MEMORY_WRITER: 'backend' },
    aws: () => ({
      memory: {
        folder,
        extractionDelayMs: 0,
        memories: [
          {
            id: MEMORY,
            memoryStrategies: [
              { semanticMemoryStrategy: { name: 'facts', namespaceTemplates: ['/facts/{actorId}'] } },
              {
                summaryMemoryStrategy: {
                  name: 'summaries',
                  namespaceTemplates: ['/summaries/{actorId}/{sessionId}'],
                },
              },
            ],
          },
        ],
      },
    }),
    log: createLogger({ level: 'debug', destination: { write: (line) => void logged.push(line) } }),
  });
  redis = connect({ url: stack.redisUrl, name: 'forget-test' });
  memory = createMemoryClient({
    region: 'us-east-2',
    endpoint: stack.aws.url,
    memoryId: MEMORY,
    credentials: { accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'example-secret-key' },
  });
});

afterAll(async () => {
  memory?.close();
  if (redis) await disconnect(redis);
  await stack?.close();
  await rm(folder, { recursive: true, force: true });
});

const PREFIX = '{tc}';
/** Keys in which people stand beside each other. */
const SHARED = [`${PREFIX}:idle`, `${PREFIX}:outdue`, `${PREFIX}:homedue`];

/** What one person leaves everywhere, with a word in all of it that nobody else writes. */
async function leaveTraces(user: string) {
  const word = `canary${user}${randomBytes(4).toString('hex')}`;
  const { id, teamId: tenant } = stack.slack.people.person(user);
  const sender = { id, tenant };
  const { ts } = await stack.slack.postAs(user, '#cloud', `${MENTION} ${word}: how many instances run?`);
  await linkUp(stack, user, '#cloud', await promptFor(stack, user, '#cloud'));
  const { channel } = stack.slack.people.place(user, '#cloud');
  await settledReplies(stack, channel.id, ts);
  const sub = String((await redis.hget(`${PREFIX}:link:${personId(sender)}`, 'sub')) ?? '');
  expect(sub).not.toBe('');

  const secrets = readSecrets(createReader({ ENCRYPTION_KEYS: KEYS }));
  const sealer = createSealer({ keys: localDataKeys(secrets.encryptionKeys), randomBytes });
  const directory = createDirectory({ redis, keyPrefix: PREFIX, sealer, randomBytes, log: silent });
  const places = createLanePlaces(redis, PREFIX);
  const key: ConversationKey = { platform: 'slack', tenant, conversation: channel.id, thread: ts };
  const lane = laneId(key, sender);
  const chatActor = `slack:${tenant}:${id}`;
  // As the company account, and as the chat account from before it was linked.
  for (const actor of [sub, chatActor]) {
    const session = sessionId(key, actor, 0);
    const question = `${word} question`;
    await directory.touch(actor, {
      session,
      lane,
      generation: 0,
      origin: key,
      question,
    });
    await directory.rename(actor, session, `${word} name`);
    await directory.tag(actor, session, `${word}tag`);
    await directory.setProject(actor, session, `${word} project`);
    await places.bind(actor, lane, session);
    const said = talkOf({
      turnId: `turn-${word}`,
      question: `I prefer ${word} over all other words. The budget of ${word} is ten.`,
      answer: `Noted ${word}.`,
      askedAt: Date.now(),
      answeredAt: Date.now(),
    });
    for (const { token, at, role, text, metadata } of said)
      await memory.createEvent({
        actorId: memoryActor(actor),
        sessionId: session,
        at: new Date(at),
        payload: [{ kind: 'message', role, text }],
        clientToken: `${token.slice(0, 40)}${memoryActor(actor).slice(0, 20)}`,
        metadata,
        signal,
      });
  }
  /** Something that Memory is still to be told. */
  const tellLater = (): Promise<void> =>
    createMemoryOutbox({ redis, keyPrefix: PREFIX, sealer }).add(
      [sub, chatActor].map((actor) => ({
        actor,
        session: sessionId(key, actor, 0),
        token: eventToken(`late-${word}-${actor}`, 'user', 0),
        at: Date.now(),
        content: { payload: [{ kind: 'message', role: 'user', text: `late ${word}` }] },
      })),
    );
  await stack.slack.people.openHome(user);
  await eventually('the App Home shows it', () => homeOf(user).includes(`${word} name`));
  const greeting = `${PREFIX}:claim:${claimId(greetingOf(tenant, id))}`;
  await redis.set(greeting, 'once', 'EX', 1_000);
  const feedback = createFeedback({ redis, keyPrefix: PREFIX, observe: () => undefined, log: silent });
  await feedback.record({ turnId: 'turn-shared', by: sender, value: 'down', reason: `because ${word}` });
  const example = { at: Date.now(), turn: 'turn-minded', direction: 'question', action: 'masked' } as const;
  await createExamples({ redis, keyPrefix: PREFIX, sealer, now: Date.now }).keep(sender, {
    ...{ ...example, mode: 'enforce', policies: ['personal_data'], text: `${word} minded` },
  });
  // A question that failed keeps its words for the operator.
  await redis.hset(`${PREFIX}:turn:turn-dead${word}`, {
    state: 'failed',
    received: Date.now() - 60_000,
    attempt: 1,
    lane,
    tenant,
    message: JSON.stringify({
      ...{ key, kind: 'channel', sender, text: `${word} failed`, messageId: ts, addressed: true },
      ...{ files: [], claims: [] },
    }),
  });
  await redis.zadd(`${PREFIX}:dead`, Date.now(), `turn-dead${word}`);
  const names = [sub, personId(sender), memoryActor(sub), memoryActor(chatActor), lane];
  return { user, word, sender, sub, names, greeting, tellLater, email: `${user}@example.com` };
}

/** What Slack shows as the App Home of a person. */
const homeOf = (user: string): string =>
  JSON.stringify(stack.slack.state.homes.get(stack.slack.people.person(user).id)?.content ?? {});
const memoryTraces = () => fileTraces(folder);
const slackFiles = () =>
  new Map([...stack.slack.state.files.values()].map((file) => [file.name, file.content.toString()]));
const privateWords = (user: string): readonly Message[] => {
  const { channel } = stack.slack.people.place(user, 'dm');
  return stack.slack.state.messages(channel.id);
};

const slash = (user: string, text: string) =>
  stack.slack.interactions.command({ user, channel: '#cloud', command: '/agent', text });

async function pressForget(user: string): Promise<void> {
  await slash(user, 'forget me');
  const message = await eventually('the button', () =>
    whispersTo(stack, user, '#cloud').findLast((one) =>
      findElements(one.blocks).some(({ element }) => element.action_id === FORGET_ACTION),
    ),
  );
  await stack.slack.interactions.click({ user, channel: '#cloud', ts: message.ts, actionId: FORGET_ACTION });
}

const submit = (user: string, words: string) =>
  eventually('the form is open', async () => {
    const values = { [FORGET_FIELD]: { [FORGET_FIELD]: words } };
    return stack.slack.interactions.submitView({ user, values });
  });

describe('a person among others', () => {
  let alice: Awaited<ReturnType<typeof leaveTraces>>;
  let bob: Awaited<ReturnType<typeof leaveTraces>>;
  /** A question of hers while she is being forgotten. */
  let meanwhile = '';
  beforeAll(async () => {
    alice = await leaveTraces('alice');
    bob = await leaveTraces('bob');
  });

  it('gets a private file with everything that is held about them, and of nobody else', async () => {
    await slash('alice', 'export');
    const file = await eventually('the file', () =>
      [...stack.slack.state.files.values()].find(({ name }) => name.startsWith('your-data')),
    );
    const { channel } = stack.slack.people.place('alice', 'dm');
    expect(file.shares.map((share) => share.channel)).toEqual([channel.id]);
    const exported = JSON.parse(file.content.toString());
    expect(exported.accounts).toEqual([
      { platform: 'slack', workspace: alice.sender.tenant, user: alice.sender.id },
    ]);
    expect(exported.account[0].link).toMatchObject({ state: 'linked', sub: alice.sub, email: alice.email });
    expect(exported.sessions.map((one: { name: string }) => one.name)).toEqual([
      `${alice.word} name`,
      `${alice.word} name`,
    ]);
    expect(exported.history.length).toBeGreaterThanOrEqual(4);
    expect(exported.notes.length).toBeGreaterThanOrEqual(4);
    expect(exported.feedback).toMatchObject([
      { turnId: 'turn-shared', value: 'down', reason: `because ${alice.word}` },
    ]);
    expect(exported.minded).toMatchObject([{ turn: 'turn-minded', text: `${alice.word} minded` }]);
    expect(exported.questions.length).toBe(2);
    expect(exported.record.length).toBeGreaterThan(1);
    expect(exported.counts.sessions).toBe(2);
    const text = file.content.toString();
    expect(text).not.toContain(bob.word);
    expect(text).not.toContain(bob.sub);
    for (const secret of ['eyJ', 'refresh', 'sealed']) expect(text).not.toContain(secret);
    await eventually('the last words', () =>
      privateWords('alice').find(({ text: words }) => words.startsWith('Here is everything')),
    );
    await slash('alice', 'export');
    await eventually('a refusal', () =>
      whispersTo(stack, 'alice', '#cloud').find(({ text: words }) =>
        /asked for your data lately/.test(words),
      ),
    );
  });

  it('is asked to type the words before anything happens', async () => {
    await pressForget('alice');
    expect(await submit('alice', 'forget you')).toMatchObject({ result: 'errors' });
    expect(found(await redisTraces(stack.redisUrl), [alice.sub]).length).toBeGreaterThan(0);
    await stack.slack.interactions.closeView({ user: 'alice', all: true });
  });

  it('is forgotten everywhere once they have, what was at work is stopped, and the others keep all that is theirs', async () => {
    await eventually('the outbox is empty', async () => (await redis.zcard(`${PREFIX}:outdue`)) === 0);
    // From now on Memory takes nothing, so that what it is to be told waits.
    stack.aws.faults.push({
      kind: 'error',
      operation: 'CreateEvent',
      name: 'ThrottledException',
      times: 10_000,
    });
    for (const person of [alice, bob]) await person.tellLater();
    const before = await redisTraces(stack.redisUrl);
    expect(found(before, alice.names).length).toBeGreaterThan(10);
    expect(found(await memoryTraces(), [alice.word]).length).toBeGreaterThan(0);
    // What is only his; what he shares with her is looked at below.
    const ofBob = async () =>
      new Map(
        [...(await redisTraces(stack.redisUrl))].filter(
          ([key, value]) =>
            !SHARED.includes(key) && bob.names.some((name) => `${key}${value}`.includes(name)),
        ),
      );
    const bobs = await ofBob();
    /** His events and records; Memory also writes down what it is at. */
    const bobsMemory = async () =>
      [...(await memoryTraces()).values()]
        .flatMap((text) => text.split('\n'))
        .filter((line) => line.includes(bob.word) && /^.{1,12}"(event|record)"/.test(line))
        .map((line) => String(JSON.parse(line).event?.eventId ?? JSON.parse(line).record.memoryRecordId))
        .toSorted();
    const bobsMemories = await bobsMemory();
    expect(bobsMemories.length).toBeGreaterThan(4);

    const { ts } = await stack.slack.postAs('alice', '#general', `${MENTION} wait 60 seconds, ${alice.word}`);
    await stack.slack.postAs('alice', '#general', `${MENTION} and then ${alice.word}?`, { threadTs: ts });
    const general = stack.slack.people.place('alice', '#general').channel.id;
    await eventually(
      'the agent is at work',
      () =>
        stack.aws.calls.some(({ operation }) => operation === 'InvokeAgentRuntime') &&
        stack.slack.thread('#general', ts).length > 1,
    );

    await pressForget('alice');
    expect(await submit('alice', ' Forget  me ')).toMatchObject({ result: 'taken' });
    // Asked while she is being forgotten.
    const later = `${MENTION} how many buckets are there, meanwhile?`;
    meanwhile = (await stack.slack.postAs('alice', '#cloud', later)).ts;
    const receipt = await eventually(
      'the receipt',
      () => privateWords('alice').find(({ text }) => text.startsWith('I have forgotten you')),
      60_000,
    );
    expect(receipt.text).toMatch(/3 conversations/);
    expect(receipt.text).toMatch(/1 exported file/);
    expect(receipt.text).toMatch(/1 link to a company account/);

    // She is in Redis again by then, as a stranger whose question waits: under the id of her chat account.
    const canaries = [
      alice.word,
      alice.email,
      ...alice.names.filter((name) => name !== personId(alice.sender)),
    ];
    await eventually('the job is over', async () => (await redis.zcard(`${PREFIX}:erasures`)) === 0);
    expect(found(await redisTraces(stack.redisUrl), canaries)).toEqual([]);
    expect(await redis.exists(`${PREFIX}:guardexamples:${personId(alice.sender)}`)).toBe(0);
    expect(found(await memoryTraces(), [alice.word])).toEqual([]);
    expect(found(slackFiles(), canaries)).toEqual([]);
    expect(homeOf('alice')).not.toContain(alice.word);
    expect(homeOf('bob')).toContain(`${bob.word} name`);
    expect(found(new Map([['log', logged.join('\n')]]), [alice.word, alice.email])).toEqual([]);

    expect(await ofBob()).toEqual(bobs);
    expect(await redis.zcard(`${PREFIX}:idle`)).toBe(2);
    expect(await redis.zcard(`${PREFIX}:outdue`)).toBe(2);
    expect(await redis.exists(alice.greeting)).toBe(0);
    expect(await redis.exists(bob.greeting)).toBe(1);
    stack.aws.faults.length = 0;
    expect(await bobsMemory()).toEqual(expect.arrayContaining(bobsMemories));
    expect(found(await redisTraces(stack.redisUrl), [bob.word]).length).toBe(
      found(before, [bob.word]).length,
    );
    await settledReplies(stack, general, ts);
  });

  it('is a stranger afterwards, and begins anew with what they asked meanwhile', async () => {
    const prompt = await eventually('another prompt', () => {
      const prompts = whispersTo(stack, 'alice', '#cloud').flatMap((message) => linkIn(message) ?? []);
      return prompts.length > 1 && prompts.at(-1);
    });
    await linkUp(stack, 'alice', '#cloud', prompt);
    const { id } = stack.slack.people.place('alice', '#cloud').channel;
    const [reply] = await settledReplies(stack, id, meanwhile);
    expect(reply?.text).toMatch(/5 (S3 )?buckets/);
  });
});
