import { LogLevel, WebClient } from '@slack/web-api';
import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSlackStandIn, type SlackStandIn } from '../../local/slack/stand-in.ts';
import { SCENARIOS, type Scenario, type World } from './slack-emulate-calls.ts';

/**
 * A second opinion on our Slack: the same calls go through Slack's own client to the stand-in and to `emulate`, which
 * others wrote from the same documentation. What one accepts the other accepts, and both return the same.
 */

const TOKEN = 'xoxb-two-judges';

/** Where the two differ, and who is right by Slack's documentation. A difference that disappears fails the test too. */
const DIFFERENCES: Readonly<Record<string, { ours: unknown; theirs: unknown; because: string }>> = {
  'chat.postMessage of 40,001 characters': {
    ours: { refused: 'msg_too_long' },
    theirs: { accepted: true },
    because: 'Slack cuts such a text; the stand-in refuses, so that a bot that would lose text is found',
  },
  'chat.postMessage of 51 blocks': {
    ours: { refused: 'invalid_blocks' },
    theirs: { accepted: true },
    because: 'emulate does not check blocks',
  },
  'chat.postMessage of an unknown block': {
    ours: { refused: 'invalid_blocks' },
    theirs: { accepted: true },
    because: 'emulate does not check blocks',
  },
  'chat.postMessage in an unknown thread': {
    ours: { refused: 'thread_not_found' },
    theirs: { accepted: true },
    because: 'the stand-in refuses what Slack may misplace',
  },
  'chat.update of 4,001 characters': {
    ours: { refused: 'msg_too_long' },
    theirs: { accepted: true },
    because: 'emulate has the limit of chat.postMessage here too',
  },
  'conversations.replies in pages': {
    ours: {
      accepted: [
        ['root', 'r1'],
        ['r2', 'r3'],
      ],
    },
    theirs: {
      accepted: [
        ['root', 'r1', 'r2', 'r3'],
        ['root', 'r1', 'r2', 'r3'],
      ],
    },
    because: 'emulate does not page replies',
  },
  'conversations.replies of an unknown thread': {
    ours: { refused: 'thread_not_found' },
    theirs: { accepted: [] },
    because: 'emulate answers with no messages',
  },
  'views.publish of a modal': {
    ours: { refused: 'invalid_arguments' },
    theirs: { refused: 'invalid_view' },
    because: 'Slack names what is wrong with a view in the metadata of invalid_arguments',
  },
  'an unknown method': {
    ours: { refused: 'unknown_method' },
    theirs: { refused: 404 },
    because: 'Slack answers 200 with an error name',
  },
};

let slack: SlackStandIn;
let emulator: Emulator;

beforeAll(async () => {
  slack = await createSlackStandIn({
    eventsUrl: 'http://127.0.0.1:1/',
    signingSecret: 'unused',
    botToken: TOKEN,
    scopes: 'all',
    events: [],
  });
  emulator = await createEmulator({
    service: 'slack',
    port: 0,
    seed: {
      slack: {
        team: { name: 'Threadcore', domain: 'threadcore' },
        users: [{ name: 'alice', real_name: 'Alice Moreno', email: 'alice@example.com' }],
        channels: [{ name: 'cloud' }],
        bots: [{ name: 'cloud-engineer' }],
      },
    },
  });
});

afterAll(async () => {
  await emulator?.close();
  await slack?.close();
});

/** The same place in one of the workspaces, with a root message of its own. */
async function enter(apiUrl: string): Promise<World> {
  const client = new WebClient(TOKEN, {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    timeout: 5000,
    logLevel: LogLevel.ERROR,
    // Refusals are part of the comparison.
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
      setLevel: () => undefined,
      getLevel: () => LogLevel.ERROR,
      setName: () => undefined,
    },
  });
  const { channels } = await client.conversations.list({ types: 'public_channel' });
  const { members } = await client.users.list({});
  const channel = channels?.find((item) => item.name === 'cloud')?.id ?? '';
  const person = members?.find((item) => item.name === 'alice')?.id ?? '';
  const { ts: root = '' } = await client.chat.postMessage({ channel, text: 'root' });
  return { client, channel, person, root };
}

/** What came of it: what was returned, or Slack's error name. */
async function judge(apiUrl: string, run: Scenario): Promise<unknown> {
  const world = await enter(apiUrl);
  try {
    return { accepted: await run(world) };
  } catch (error) {
    const { data, statusCode } = error as { data?: { error?: string }; statusCode?: number };
    if (data?.error === undefined && statusCode === undefined) throw error;
    return { refused: data?.error ?? statusCode };
  }
}

describe('the stand-in and emulate agree', () => {
  test.each(Object.entries(SCENARIOS))('%s', async (name, run) => {
    const ours = await judge(slack.apiUrl, run);
    const theirs = await judge(`${emulator.url}/api/`, run);
    const known = DIFFERENCES[name];
    if (known === undefined) expect(ours).toEqual(theirs);
    else expect({ ours, theirs }).toEqual({ ours: known.ours, theirs: known.theirs });
  });

  test('every listed difference belongs to a call that is compared', () => {
    expect(Object.keys(DIFFERENCES).filter((name) => SCENARIOS[name] === undefined)).toEqual([]);
  });
});
