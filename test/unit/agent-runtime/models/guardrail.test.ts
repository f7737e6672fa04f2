import { expect, test } from 'vitest';
import { readEnvironment } from '../../../../agent-runtime/environment.ts';
import { overhear, policiesIn, tellMasksFromBlocks } from '../../../../agent-runtime/models/guardrail.ts';

type Stream = Parameters<typeof tellMasksFromBlocks>[0];

async function* events(given: readonly object[]) {
  yield* given;
}
const streamOf = (given: readonly object[]) => events(given) as unknown as Stream;

async function all(stream: AsyncIterable<object>): Promise<object[]> {
  const read: object[] = [];
  for await (const event of stream) read.push(event);
  return read;
}

const words = (text: string) => ({ type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } });
const stop = { type: 'modelMessageStopEvent', stopReason: 'guardrailIntervened' };
const metadata = { type: 'modelMetadataEvent', usage: {} };
const redaction = { type: 'modelRedactionEvent', inputRedaction: { replaceContent: 'x' } };
const read = (given: readonly object[], heard: (policies: readonly string[]) => void = () => undefined) =>
  all(tellMasksFromBlocks(streamOf(given), heard));

test('an answer that was only masked ends in order', async () => {
  expect(await read([words('to {EMAIL}'), stop, metadata])).toEqual([
    words('to {EMAIL}'),
    { ...stop, stopReason: 'endTurn' },
    metadata,
  ]);
});

test('one that was blocked ends as blocked, also when nobody says what it was', async () => {
  expect(await read([words('Sorry.'), stop, redaction, metadata])).toEqual([
    words('Sorry.'),
    stop,
    redaction,
    metadata,
  ]);
  expect(await read([words('Sorry.'), stop])).toEqual([words('Sorry.'), stop]);
});

test('operators are told which policies did something, and nothing of what was said', async () => {
  const assessment = {
    topicPolicy: { topics: [{ name: 'Gold', type: 'DENY', action: 'BLOCKED' }] },
    sensitiveInformationPolicy: { piiEntities: [{ type: 'NAME', match: 'Alice Smith', action: 'NONE' }] },
    invocationMetrics: { guardrailProcessingLatency: 9 },
  };
  expect(policiesIn([assessment, assessment])).toEqual(['topicPolicy']);
  const heard: (readonly string[])[] = [];
  const trace = { guardrail: { inputAssessment: { gr1: assessment } } };
  await read([words('Sorry.'), stop, redaction, { ...metadata, trace }], (one) => void heard.push(one));
  await read([words('Fine.'), metadata], (one) => void heard.push(one));
  expect(heard).toEqual([['topicPolicy']]);
});

test('a guardrail that only looks on hears the question and the answer, and changes nothing', async () => {
  const heard: string[] = [];
  const given = [words('It is '), words('red.'), { type: 'modelMessageStopEvent', stopReason: 'endTurn' }];
  const messages = [{ role: 'user', content: [{ type: 'textBlock', text: 'Which colour?' }] }] as never;
  const passed = await all(
    overhear(messages, streamOf(given), (source, text) => void heard.push(`${source} ${text}`)),
  );
  expect(passed).toEqual(given);
  expect(heard).toEqual(['INPUT Which colour?', 'OUTPUT It is red.']);
});

test('the mode governs the guardrail of the model, too', () => {
  const named = { BEDROCK_GUARDRAIL_ID: 'gr1', BEDROCK_GUARDRAIL_VERSION: '3' };
  expect(readEnvironment({ GUARDRAIL_MODE: 'shadow', ...named }).model).toMatchObject({
    guardrail: { mode: 'shadow', id: 'gr1', version: '3' },
  });
  expect(readEnvironment(named).model).not.toHaveProperty('guardrail');
  expect(() => readEnvironment({ GUARDRAIL_MODE: 'enforce' })).toThrow('BEDROCK_GUARDRAIL_ID');
});
