import { beforeAll, expect, it } from 'vitest';
import { blockMessage } from '../../../src/chat/block-messages.ts';
import { loadConfig } from '../../../src/config.ts';
import { composeGuards } from '../../../src/main/guards.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { testRedis } from '../../setup/redis.ts';
import { KEY } from '../commands/words-checked.ts';

let url: string;
beforeAll(async () => {
  url = await testRedis();
});

const asker = {
  key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '' },
  sender: { id: 'U1', tenant: 'T1' },
} as const;

/** What a process of the web role, which nobody has told of a guardrail, says of these words, and at its start. */
async function judged(mode: string, texts: readonly string[]) {
  const config = loadConfig({
    ROLE: 'web',
    REDIS_URL: url,
    SLACK_BOT_TOKEN: 'xoxb-1111-2222-abcdef',
    SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
    IDENTITY_MODE: 'off',
    GUARDRAIL_MODE: mode,
    GUARDRAIL_MESSAGES: '{"secret":"No keys, please."}',
  });
  const lines: string[] = [];
  const noted: object[] = [];
  const redis = connect({ url, name: 'words' });
  const metrics = createMetrics();
  const guarded = composeGuards({
    ...{ config, redis, keyPrefix: '{tc}', dataKeys: undefined, metrics },
    people: { languageOf: async () => undefined },
    audit: { note: (event) => void noted.push(event) },
    log: createLogger({ level: 'warn', destination: { write: (line) => void lines.push(line) } }),
    now: Date.now,
    monotonic: () => performance.now(),
  });
  const answers = [];
  for (const text of texts) answers.push(await guarded.checkWords(asker, [text]));
  await guarded.close();
  await metrics.shutdown();
  await disconnect(redis);
  return { answers, said: lines.join(), noted };
}

it('a web process without a guardrail takes no names while it is enforced, says so at its start, and knows secrets', async () => {
  const { answers, said, noted } = await judged('enforce', ['Costs', KEY]);
  expect(answers).toMatchObject([
    { refused: blockMessage('words', 'unavailable', undefined) },
    { refused: 'No keys, please.' },
  ]);
  expect(said).toContain('BEDROCK_GUARDRAIL_ID');
  expect(noted).toMatchObject([{ policy: 'unavailable' }, { policy: 'secret' }]);
});

it.each(['shadow', 'off'])('with the guardrail set to %s it takes them, and no secrets', async (mode) => {
  const { answers, noted } = await judged(mode, ['Costs', KEY]);
  expect(answers).toEqual([{ texts: ['Costs'] }, { refused: 'No keys, please.', at: 0 }]);
  expect(noted).toContainEqual(expect.objectContaining({ policy: 'secret', action: 'blocked', mode }));
});
