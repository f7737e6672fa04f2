import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createTraces } from '../../../src/telemetry/traces.ts';
import { makeSecret, SECRET_MAKERS } from '../chat/known-secrets.ts';

/** Personal data and secrets, planted wherever a log call has room for them. */
const CANARIES: readonly string[] = [
  'canary.person@mail.example.com',
  '+1 555 010 4477',
  '(555) 010-4477',
  '4111 1111 1111 1111',
  '5500000000000004',
  '123-45-6789',
  '203.0.113.77',
  '2001:db8::ca:a4:1',
  ...Object.keys(SECRET_MAKERS).map((kind) => makeSecret(kind, 5)),
];

class Named extends Error {}

function* placesFor(canary: string): Generator<[string, (log: ReturnType<typeof createLogger>) => void]> {
  const said = `before ${canary} after`;
  const error = Object.assign(new Named(said, { cause: new Error(said, { cause: said }) }), {
    code: said,
    headers: { x: said },
    request: { body: said },
  });
  yield ['a message', (log) => log.info(said)];
  yield ['a field', (log) => log.info({ reason: said }, 'x')];
  yield ['the name of a field', (log) => log.info({ [said]: 1 }, 'x')];
  yield ['a header', (log) => log.warn({ headers: { 'x-forwarded-for': said, referer: said } }, 'x')];
  yield ['a list in a list', (log) => log.info({ a: [[{ b: said }]] }, 'x')];
  yield ['deep down', (log) => log.info({ a: { b: { c: { d: { e: { f: { g: said } } } } } } }, 'x')];
  yield ['a thrown error', (log) => log.error({ err: error }, 'x')];
  yield ['an error by itself', (log) => log.error(error)];
  yield ['an error in a list', (log) => log.error({ errors: [error] }, 'x')];
  yield [
    'the stack of an error',
    (log) => log.error({ err: Object.assign(new Error('x'), { stack: said }) }),
  ];
  yield ['the name of an error', (log) => log.error({ err: Object.assign(new Error('x'), { name: said }) })];
  yield ['an error that is none', (log) => log.error({ err: said }, 'x')];
  yield ['what is formatted into the message', (log) => log.info('%s and %j', said, { a: said })];
  yield [
    'a child',
    (log) =>
      log
        .child({ place: said })
        .child({ deeper: { place: said } })
        .info('x'),
  ];
  yield ['what people wrote', (log) => log.trace({ text: said, blocks: [said] }, 'x')];
}

it.each(CANARIES)('%s stands in no line of the log, wherever it was put', (canary) => {
  for (const [place, write] of placesFor(canary)) {
    const lines: string[] = [];
    const log = createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } });
    write(log);
    expect({ place, lines: lines.length }).toEqual({ place, lines: 1 });
    const line = lines.join();
    for (const form of [canary, JSON.stringify(canary).slice(1, -1)])
      expect({ place, found: line.includes(form) }).toEqual({ place, found: false });
  }
});

it('the number of a card is masked as a number, too', () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  log.info({ card: 4_111_111_111_111_111, at: 1_764_189_000_123, big: 10n }, 'x');
  expect(lines.join()).not.toContain('4111111111111111');
  expect(lines.join()).toContain('1764189000123');
});

it.each(CANARIES)('%s stands in no label of a metric and no attribute of a span', async (canary) => {
  const metrics = createMetrics();
  metrics.messageTaken(canary);
  metrics.slackCall('chat.postMessage', `failed ${canary}`);
  expect(await metrics.expose()).not.toContain(canary);
  await metrics.shutdown();

  const exporter = new InMemorySpanExporter();
  const traces = createTraces({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  traces.startTurn({ turnId: canary, platform: 'slack' }).end(`failed ${canary}`);
  expect(JSON.stringify(exporter.getFinishedSpans().map((span) => span.attributes))).not.toContain(canary);
  await traces.shutdown();
});
