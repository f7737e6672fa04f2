import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Json, Message } from '../../../local/teams/model.ts';
import { createPrivacyCommands } from '../../../src/commands/privacy.ts';
import { createErasureJobs } from '../../../src/privacy/erasure-jobs.ts';
import { createExports } from '../../../src/privacy/exports.ts';
import { createForgetAsks } from '../../../src/privacy/forget-asks.ts';
import { createPrivacy, type Privacy } from '../../../src/privacy/privacy.ts';
import type { Connection } from '../../../src/store/connection.ts';
import type { References } from '../../../src/teams/references.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';
import { startTeamsIngress, type TestIngress } from './teams-ingress.ts';

const ALICE = 'aaaaaaaa-1111-4111-8111-111111111111';
const CANARY = 'canary-of-alice';

interface Rig extends TestIngress {
  readonly redis: Connection;
  readonly privacy: Privacy;
  /** What was ordered: the accounts of each erasure. */
  ordered(): Promise<number>;
}

const started: TestIngress[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

/** The ingress with real exports and orders; only what is kept about people is the test's. */
async function rig(): Promise<Rig> {
  const log = createLogger({ level: 'silent' });
  let parts: { redis: Connection; privacy: Privacy } | undefined;
  const ingress = await startTeamsIngress({
    privacy(redis, files) {
      const base = { redis, keyPrefix: '{tc}' };
      const privacy = createPrivacy({
        jobs: createErasureJobs({
          ...base,
          sealer: undefined,
          directoryOf: (actor) => actor,
          confirmDurable: async () => undefined,
          randomBytes,
        }),
        exports: createExports(redis, '{tc}'),
        audit: { record: async () => ({ seq: 1 }) as never },
        personOf: async (account) => ({ accounts: [account] }),
        partsOf: () => [
          {
            name: 'sessions',
            async *rows() {
              yield { name: CANARY };
            },
          },
        ],
        deliverTo: async (account) => files.deliverTo(account),
        onErasure: () => undefined,
        now: () => Date.now(),
        closing: new AbortController().signal,
        log,
      });
      parts = { redis, privacy };
      return createPrivacyCommands(privacy, createForgetAsks({ ...base, randomBytes }), false);
    },
  });
  started.push(ingress);
  if (!parts) throw new Error('no privacy');
  const { redis, privacy } = parts;
  return { ...ingress, redis, privacy, ordered: () => redis.zcard('{tc}:erasures') };
}

const inChat = ({ teams }: TestIngress, who = 'alice') =>
  teams.messages.filter(
    ({ from, conversation, deleted }) =>
      from === 'bot' && !deleted && conversation === `a:1${who}-and-the-bot`,
  );
const cardIn = ({ activity }: Message, type: string) =>
  ((activity.attachments ?? []) as readonly Json[]).find(({ contentType }) => contentType === type);
const consentIn = (r: Rig) =>
  inChat(r).find((message) => cardIn(message, 'application/vnd.microsoft.teams.card.file.consent'));
/** The data of the button that confirms, as the newest card has it. */
function forgetData(r: Rig): Json | undefined {
  const texts = inChat(r).flatMap(
    (one) => /"data":(\{"ask":"[^"]+"\})/.exec(JSON.stringify(one.activity))?.[1] ?? [],
  );
  const last = texts.at(-1);
  return last === undefined ? undefined : (JSON.parse(last) as Json);
}
async function asked(r: Rig, where = 'personal'): Promise<Json> {
  await r.teams.say('alice', where, where === 'personal' ? 'forget me' : '@bot forget me');
  return eventually('the card', () => forgetData(r));
}
const pressed = async (r: Rig, who: string, data: Json) =>
  JSON.parse((await r.teams.press(who, 'personal', 'forget_me', data)).body) as {
    readonly type: string;
    readonly value: unknown;
  };
const CARD = 'application/vnd.microsoft.card.adaptive';
const WORD = 'application/vnd.microsoft.activity.message';

test('who wants to be forgotten types the words on a card, and an erasure is ordered once', async () => {
  const r = await rig();
  const data = await asked(r);
  expect(await r.ordered()).toBe(0);
  expect(await pressed(r, 'alice', { ...data, typed: 'yes' })).toEqual(
    expect.objectContaining({ type: WORD, value: 'These are not the words. Type: forget me' }),
  );
  expect(await pressed(r, 'alice', data)).toMatchObject({ type: WORD });
  expect(await r.ordered()).toBe(0);
  const begun = await pressed(r, 'alice', { ...data, typed: ' Forget  me ' });
  expect(begun.type).toBe(CARD);
  expect(JSON.stringify(begun.value)).toContain('I have begun to forget you');
  expect(await r.ordered()).toBe(1);
  const again = await pressed(r, 'alice', { ...data, typed: 'forget me' });
  expect(JSON.stringify(again.value)).toContain('answered already');
  expect(await r.ordered()).toBe(1);
});

test('another person who presses the same card is told no, and it still waits for the right one', async () => {
  const r = await rig();
  const data = await asked(r);
  const other = await pressed(r, 'bob', { ...data, typed: 'forget me' });
  expect(JSON.stringify(other.value)).toContain('put to somebody else');
  expect(await r.ordered()).toBe(0);
  await pressed(r, 'alice', { ...data, typed: 'forget me' });
  expect(await r.ordered()).toBe(1);
});

test('a card that is too old, or is followed by another one, erases nothing', async () => {
  const r = await rig();
  const old = await asked(r);
  const newer = await asked(r).then(() => eventually('another card', () => forgetData(r)?.ask !== old.ask));
  expect(newer).toBe(true);
  await pressed(r, 'alice', { ...old, typed: 'forget me' });
  const data = forgetData(r) ?? {};
  const [key = ''] = await r.redis.keys('{tc}:forgetask:*');
  expect(await r.redis.ttl(key)).toBeLessThanOrEqual(600);
  await r.redis.del(key);
  await pressed(r, 'alice', { ...data, typed: 'forget me' });
  expect(await r.ordered()).toBe(0);
});

test('asked for in a channel, both are answered in the personal chat only', async () => {
  const r = await rig();
  await asked(r, 'cloud');
  await r.teams.say('alice', 'group', '@bot export');
  await eventually('the question whether she wants the file', () => consentIn(r));
  const elsewhere = r.teams.messages.filter(
    ({ from, conversation }) => from === 'bot' && conversation !== 'a:1alice-and-the-bot',
  );
  expect(new Set(elsewhere.map(({ text }) => text))).toEqual(
    new Set(['I have answered you in our own chat.']),
  );
});

test('an export goes into the person’s own OneDrive once they take it, and nothing of it is left here', async () => {
  const r = await rig();
  await r.teams.say('alice', 'personal', 'export');
  const consent = await eventually('the question', () => consentIn(r));
  await r.privacy.settled();
  const [key = ''] = await r.redis.keys('{tc}:teamsfile:*');
  expect(await r.redis.ttl(key)).toBeGreaterThan(0);
  expect(await r.redis.ttl(key)).toBeLessThanOrEqual(600);
  expect((await r.teams.consent('alice', consent, 'accept')).status).toBe(200);
  await eventually('the file', () =>
    inChat(r).find((message) => cardIn(message, 'application/vnd.microsoft.teams.card.file.info')),
  );
  await eventually('the question is gone', () => consentIn(r) === undefined);
  const [file] = [...r.teams.drive.files.values()];
  expect(file?.name).toMatch(/^your-data-.*\.json$/);
  expect(JSON.parse(String(file?.bytes))).toMatchObject({
    accounts: [{ platform: 'teams', user: ALICE }],
    sessions: [{ name: CANARY }],
  });
  expect(file?.headers.authorization).toBeUndefined();
  expect(await r.redis.keys('{tc}:teamsfile:*')).toEqual([]);
  // Taken twice.
  await r.teams.consent('alice', consent, 'accept');
  await eventually('a word', () => inChat(r).some(({ text }) => text.includes('taken already')));
  expect([...r.teams.drive.files.values()].filter(({ bytes }) => bytes)).toHaveLength(1);
  await r.teams.say('alice', 'personal', 'export');
  await eventually('a word', () => inChat(r).some(({ text }) => /asked for your data lately/.test(text)));
});

test('nobody else gets the file, wherever they want it; who declines has none', async () => {
  const r = await rig();
  await r.teams.say('alice', 'personal', 'export');
  const consent = await eventually('the question', () => consentIn(r));
  await r.teams.consent('bob', consent, 'accept');
  await eventually('a word', () => inChat(r, 'bob').some(({ text }) => text.includes('somebody else')));
  expect(await r.redis.keys('{tc}:teamsfile:*')).toHaveLength(1);
  await r.teams.consent('alice', consent, 'decline');
  await eventually('the question is gone', () => consentIn(r) === undefined);
  expect(await r.redis.keys('{tc}:teamsfile:*')).toEqual([]);
  expect([...r.teams.drive.files.values()].some(({ bytes }) => bytes)).toBe(false);
});

test('a file is put to no host that is not listed, and can be taken again', async () => {
  const r = await rig();
  let seen = 0;
  const evil = createServer((_request, response) => {
    seen += 1;
    response.end();
  });
  evil.listen(0, '127.0.0.1');
  await once(evil, 'listening');
  try {
    await r.teams.say('alice', 'personal', 'export');
    const consent = await eventually('the question', () => consentIn(r));
    const refusals = () => inChat(r).filter(({ text }) => text.includes('could not put the file')).length;
    const here = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/upload`;
    for (const [tries, uploadUrl] of [here, 'https://sharepoint.com.evil.example/x'].entries()) {
      const uploadInfo = { uploadUrl, contentUrl: uploadUrl, uniqueId: '1', fileType: 'json', name: 'x' };
      await r.teams.consent('alice', consent, 'accept', { uploadInfo });
      await eventually('a word', () => refusals() === tries + 1);
    }
    expect(seen).toBe(0);
    r.teams.drive.refuse(1);
    await r.teams.consent('alice', consent, 'accept');
    await eventually('another word', () => refusals() === 3);
    await r.teams.consent('alice', consent, 'accept');
    await eventually('the file', () => [...r.teams.drive.files.values()].some(({ bytes }) => bytes));
  } finally {
    const closed = once(evil, 'close');
    evil.close();
    evil.closeAllConnections();
    await closed;
  }
});

test('how to write to somebody goes with them, unless they have written since', async () => {
  const r = await rig();
  await r.teams.say('alice', 'personal', 'how many?');
  await r.teams.say('bob', 'personal', 'how many?');
  const { references } = r as { references: References };
  const alice = { tenant: r.teams.tenant, id: ALICE };
  const key = {
    platform: 'teams' as const,
    tenant: r.teams.tenant,
    conversation: '',
    thread: 'a:1alice-and-the-bot',
  };
  const place = { ...key, conversation: key.thread };
  const timeMs = async () => {
    const [seconds, micros] = await r.redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };
  expect(await references.forget(alice, (await timeMs()) - 60_000)).toBe(0);
  expect(await references.contactOf(alice)).toBeDefined();
  expect(await references.of(place)).toBeDefined();
  expect(await references.forget(alice, (await timeMs()) + 1)).toBe(2);
  expect(await references.contactOf(alice)).toBeUndefined();
  expect(await references.of(place)).toBeUndefined();
  const left = (await Promise.all((await r.redis.keys('{tc}:teams*')).map((name) => r.redis.get(name)))).join(
    '',
  );
  expect(left).not.toContain('alice');
  expect(left).toContain('bob');
});
