import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { createTraces } from '../../../src/telemetry/traces.ts';

describe('traces', () => {
  it('give each turn an own trace in W3C form', async () => {
    const traces = createTraces();
    const [one, other] = [traces.startTurn({}), traces.startTurn({})];
    expect(one.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(one.traceparent.split('-')[1]).toBe(one.traceId);
    expect(other.traceId).not.toBe(one.traceId);
    one.end('done');
    other.end('done');
    await traces.shutdown();
  });

  it('close a span once, with its outcome', async () => {
    const exporter = new InMemorySpanExporter();
    const traces = createTraces({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const span = traces.startTurn({ 'threadcore.turn': 'turn-1' });
    span.end('done');
    span.end('failed', true);
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      name: 'turn',
      status: { code: 0 },
      attributes: { 'threadcore.turn': 'turn-1', 'threadcore.outcome': 'done' },
    });
    traces.startTurn({}).end('failed', true);
    expect(exporter.getFinishedSpans()[1]?.status.code).toBe(2);
    await traces.shutdown();
  });
});
