import { describe, expect, test } from 'vitest';
import { createTranslator, stopFor } from '../../../../agent-runtime/agent/translate.ts';
import { agentEventSchema } from '../../../../src/contract/events.ts';

type LoopEvent = Parameters<ReturnType<typeof createTranslator>['translate']>[0];

/** The fields of the loop's events that are read; the real ones also carry the agent. */
const loop = (event: object) => event as LoopEvent;
const model = (event: object) => loop({ type: 'modelStreamUpdateEvent', event });
const start = model({ type: 'modelMessageStartEvent', role: 'assistant' });
const delta = (text: string) =>
  model({ type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } });
const usage = (inputTokens: number, outputTokens: number) =>
  model({ type: 'modelMetadataEvent', usage: { inputTokens, outputTokens, totalTokens: 0 } });
const toolUse = { toolUseId: 'call-1', name: 'list_s3_buckets', input: {} };
const result = (status: string, text: string) => ({ status, content: [{ type: 'textBlock', text }] });

const translator = () => createTranslator((name) => ({ title: `Title of ${name}`, effect: 'read' }));

describe('translating what the agent does', () => {
  test('text deltas become text, and a new message after text begins a new paragraph', () => {
    const { translate } = translator();
    const texts = [start, delta('One'), delta('.'), start, delta(''), delta('Two'), delta('.')].flatMap(
      translate,
    );
    expect(texts).toEqual([
      { type: 'text', text: 'One' },
      { type: 'text', text: '.' },
      { type: 'text', text: '\n\nTwo' },
      { type: 'text', text: '.' },
    ]);
  });

  test('a tool call is told with its title and effect when it begins and when it ends', () => {
    const { translate } = translator();
    const about = {
      type: 'tool',
      id: 'call-1',
      name: 'list_s3_buckets',
      title: 'Title of list_s3_buckets',
      effect: 'read',
    };
    expect(translate(loop({ type: 'beforeToolCallEvent', toolUse }))).toEqual([
      { ...about, state: 'started' },
    ]);
    expect(translate(loop({ type: 'afterToolCallEvent', toolUse, result: result('success', '{}') }))).toEqual(
      [{ ...about, state: 'finished' }],
    );
    const failed = translate(
      loop({ type: 'afterToolCallEvent', toolUse, result: result('error', `Error: ${'x'.repeat(999)}`) }),
    );
    expect(failed).toEqual([{ ...about, state: 'failed', detail: 'x'.repeat(300) }]);
  });

  test('status of a running tool passes; other data of tools, reasoning and lifecycle events do not', () => {
    const { translate } = translator();
    const update = (data: unknown) =>
      loop({ type: 'toolStreamUpdateEvent', event: { type: 'toolStreamEvent', data } });
    expect(translate(update({ status: 'Half way' }))).toEqual([{ type: 'status', text: 'Half way' }]);
    const silent = [
      update('raw'),
      update(null),
      update({ status: 5 }),
      model({ type: 'modelContentBlockDeltaEvent', delta: { type: 'reasoningContentDelta', text: 'hm' } }),
      model({ type: 'modelContentBlockDeltaEvent', delta: { type: 'toolUseInputDelta', input: '{}' } }),
      loop({ type: 'messageAddedEvent' }),
      loop({ type: 'agentResultEvent' }),
    ];
    expect(silent.flatMap(translate)).toEqual([]);
  });

  test('usage is summed over model calls, and unknown numbers count as nothing', () => {
    const translate = translator();
    expect(translate.usage()).toBeUndefined();
    for (const event of [usage(10, 2), usage(5, 3), usage(Number.NaN, -1)]) translate.translate(event);
    expect(translate.usage()).toEqual({ inputTokens: 15, outputTokens: 5 });
  });

  test('everything it gives is an event of the contract', () => {
    const { translate } = translator();
    const all = [
      loop({ type: 'beforeModelCallEvent' }),
      start,
      delta('x'),
      loop({ type: 'beforeToolCallEvent', toolUse }),
      loop({ type: 'afterToolCallEvent', toolUse, result: result('error', '') }),
    ].flatMap(translate);
    expect(all).toHaveLength(4);
    for (const body of all) expect(agentEventSchema.parse({ ...body, seq: 1 })).toEqual({ ...body, seq: 1 });
  });

  test.each([
    ['endTurn', 'end'],
    ['stopSequence', 'end'],
    ['something new', 'end'],
    ['cancelled', 'cancelled'],
    ['guardrailIntervened', 'guardrail'],
    ['contentFiltered', 'guardrail'],
    ['interrupt', 'approval'],
    ['maxTokens', 'limit'],
    ['limitTurns', 'limit'],
    ['modelContextWindowExceeded', 'limit'],
  ])('the stop reason %s closes the turn as %s', (reason, stop) => {
    expect(stopFor(reason)).toBe(stop);
  });
});
