import { afterEach, describe, expect, it } from 'vitest';
import { createGuardrail, type Guardrail, type GuardrailOptions } from '../../../src/guardrails/client.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { answerOf } from '../../unit/guardrails/scripted-guardrail.ts';
import { type Answer, type AskedGuardrail, openGuardrail } from './endpoint.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const never = new AbortController().signal;

async function open(
  answer: (asked: AskedGuardrail, number: number) => Answer,
  options: Partial<GuardrailOptions> = {},
) {
  const lines: string[] = [];
  let clock = 0;
  const endpoint = await openGuardrail(answer);
  const guardrail: Guardrail = createGuardrail({
    region: 'us-east-2',
    guardrailId: 'gr1234567890',
    version: '3',
    endpoint: endpoint.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    trace: false,
    log: createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } }),
    random: () => 0,
    now: () => clock,
    ...options,
  });
  closers.push(
    () => endpoint.close(),
    () => guardrail.close(),
  );
  return {
    ...endpoint,
    lines,
    check: (text: string) => guardrail.check('OUTPUT', [text], never),
    guardrail,
    pass: (ms: number) => {
      clock += ms;
    },
  };
}

const rules = { masked: ['Alice Smith'], blocked: ['buy gold'] };
const honest = ({ texts }: AskedGuardrail): Answer => ({ body: answerOf(texts, rules) });

describe('a check by the guardrail', () => {
  it('is asked of the guardrail and version, and judged', async () => {
    const { check, guardrail, asked } = await open(honest);
    expect(await check('all well')).toEqual({ kind: 'allow' });
    expect(await check('ask Alice Smith')).toMatchObject({ kind: 'redact', texts: ['ask {NAME}'] });
    expect(await check('buy gold')).toMatchObject({ kind: 'block', policy: 'topic' });
    await guardrail.check('INPUT', ['one', 'two'], never);
    expect(asked[0]).toMatchObject({ path: '/guardrail/gr1234567890/version/3/apply', source: 'OUTPUT' });
    expect(asked.at(-1)).toMatchObject({ source: 'INPUT', texts: ['one', 'two'] });
  });

  it('of grounding is sent with the source and the question beside the answer', async () => {
    const { guardrail, asked } = await open(honest);
    await guardrail.check('OUTPUT', ['It is two.'], never, {
      grounding: { source: 'Two.', query: 'How many?' },
    });
    expect(asked[0]?.texts).toEqual(['Two.', 'How many?', 'It is two.']);
    expect(asked[0]?.qualifiers).toEqual([['grounding_source'], ['query'], ['guard_content']]);
    await guardrail.check('OUTPUT', ['It is two.'], never);
    expect(asked[1]?.qualifiers).toEqual([undefined]);
  });

  it('shares one connection with the others, so that none waits for a handshake', async () => {
    const { check, connections } = await open(honest);
    await Promise.all(['one', 'two', 'three'].map(check));
    await check('four');
    expect(connections()).toBe(1);
  });

  it('leaves a connection on which an answer was overdue, and those that still wait on it get theirs', async () => {
    const { check, connections, guardrail } = await open(
      (one, number) =>
        number === 2 ? { silent: true } : { ...honest(one), ...(number === 1 ? { afterMs: 300 } : {}) },
      { attemptMs: 500 },
    );
    const first = check('slow');
    expect(await Promise.all([first, check('lost'), check('other')])).toEqual(
      ['slow', 'lost', 'other'].map(() => ({ kind: 'allow' })),
    );
    expect(connections()).toBe(2);
    guardrail.close();
    expect(await check('late')).toMatchObject({ kind: 'block', policy: 'unavailable' });
  });

  it.each([
    ['is throttled', { status: 429, error: 'ThrottlingException' }],
    ['fails', { status: 500, error: 'InternalServerException' }],
    ['is not there', { status: 503, error: 'ServiceUnavailableException' }],
    ['answers nonsense', { body: { action: 'PERHAPS' } }],
    ['answers no JSON', { body: '<html>' }],
  ])('is made again when it %s', async (_what, failure) => {
    const { check, asked } = await open((one, number) => (number < 3 ? failure : honest(one)));
    expect(await check('all well')).toEqual({ kind: 'allow' });
    expect(asked).toHaveLength(3);
  });

  const down: Answer = { status: 500, error: 'InternalServerException' };
  const atOnce = ['one', 'two', 'three', 'four'];
  const real = { now: () => performance.now(), random: () => 0.5 };

  it('shares its tries again with the others, so that a guardrail that fails sees a few calls', async () => {
    const { check, asked } = await open(() => down, { ...real, deadlineMs: 2_000 });
    const verdicts = await Promise.all(atOnce.map(check));
    expect(verdicts.map((verdict) => 'policy' in verdict && verdict.policy)).toEqual(
      atOnce.map(() => 'unavailable'),
    );
    // Once each; then again, one for all, after rests of 0.1, 0.2, 0.4, 0.8 and 1.6 seconds.
    expect(asked.length).toBeGreaterThan(6);
    expect(asked.length).toBeLessThanOrEqual(10);
  });

  it('goes on with the others as soon as one of them is answered', async () => {
    const { check, asked } = await open((one, number) => (number <= 7 ? down : honest(one)), real);
    expect(await Promise.all(atOnce.map(check))).toEqual(atOnce.map(() => ({ kind: 'allow' })));
    expect(asked).toHaveLength(11);
    expect(await check('five')).toEqual({ kind: 'allow' });
  });

  it('that can never be made keeps no other from being made again', async () => {
    const { check } = await open(
      (one, number) => (one.texts[0] === 'poison' || number < 4 ? down : honest(one)),
      { ...real, deadlineMs: 1_000 },
    );
    expect(await Promise.all(['poison', 'one', 'two'].map(check))).toEqual([
      expect.objectContaining({ policy: 'unavailable' }),
      { kind: 'allow' },
      { kind: 'allow' },
    ]);
  });

  it('that waits for others to be tried again ends when it is cancelled', async () => {
    const { guardrail } = await open(() => down, real);
    const left = new AbortController();
    const checking = Promise.all(atOnce.map((one) => guardrail.check('OUTPUT', [one], left.signal)));
    setTimeout(() => left.abort(), 500);
    expect(new Set((await checking).map((one) => 'reason' in one && one.reason))).toEqual(
      new Set(['the check was cancelled']),
    );
  });

  it.each(['AccessDeniedException', 'ResourceNotFoundException', 'ValidationException'])(
    'is not made again after %s, and blocks',
    async (error) => {
      const { check, asked, lines } = await open(() => ({
        status: 400,
        error,
        body: { message: 'all well' },
      }));
      expect(await check('all well')).toEqual({ kind: 'block', policy: 'unavailable', reason: error });
      expect(asked).toHaveLength(1);
      expect(lines.join()).not.toContain('all well');
    },
  );

  it('blocks when the guardrail says nothing in time', async () => {
    const { check } = await open(() => ({ silent: true }), { attemptMs: 50, deadlineMs: 0 });
    expect(await check('all well')).toMatchObject({ kind: 'block', policy: 'unavailable' });
  });

  it('blocks when nobody is there', async () => {
    const { check, close } = await open(honest, { deadlineMs: 0 });
    await close();
    closers.shift();
    expect(await check('all well')).toMatchObject({ kind: 'block', policy: 'unavailable' });
  });

  it('blocks when the quota is used up', async () => {
    const { check, asked } = await open(honest, { quota: { take: () => Promise.resolve(false) } });
    expect(await check('all well')).toMatchObject({ kind: 'block', policy: 'unavailable' });
    expect(asked).toEqual([]);
  });

  it('waits for a place in the quota as long as it may last', async () => {
    const patience: number[] = [];
    const take = async (_units: number, patienceMs: number) => patience.push(patienceMs) > 0;
    const { check, guardrail } = await open(honest, { deadlineMs: 10_000, quota: { take } });
    await check('all well');
    await guardrail.check('INPUT', ['all well'], never, { mostAheadMs: 60_000 });
    expect(patience).toEqual([10_000, 10_000]);
  });

  it('that can wait takes a near place in the quota only, and looks for one again until it is given up', async () => {
    const patience: number[] = [];
    let places = () => patience.length === 3;
    const left = new AbortController();
    const take = async (_units: number, patienceMs: number) => {
      patience.push(patienceMs);
      return places();
    };
    const { guardrail, asked } = await open(honest, { deadlineMs: 10_000, quota: { take } });
    const check = () => guardrail.check('INPUT', ['all well'], left.signal, { mostAheadMs: 1_000 });
    expect(await check()).toEqual({ kind: 'allow' });
    expect(patience).toEqual([1_000, 1_000, 1_000]);
    places = () => {
      if (patience.length === 5) left.abort();
      return false;
    };
    expect(await check()).toMatchObject({ kind: 'block', policy: 'unavailable' });
    expect(patience).toHaveLength(5);
    expect(asked).toHaveLength(1);
  });

  it('blocks when it is cancelled', async () => {
    const { guardrail } = await open(() => ({ silent: true }));
    const left = new AbortController();
    const checking = guardrail.check('OUTPUT', ['x'], left.signal);
    left.abort();
    expect(await checking).toMatchObject({ kind: 'block', policy: 'unavailable' });
  });

  it('leaves a guardrail alone that keeps failing, and tries it again after a while', async () => {
    let down = true;
    const { check, asked, pass, lines } = await open(
      (one) => (down ? { status: 500, error: 'InternalServerException' } : honest(one)),
      { deadlineMs: 0 },
    );
    for (let i = 0; i < 5; i += 1) await check('x');
    expect(asked).toHaveLength(5);
    expect(await check('x')).toMatchObject({ kind: 'block', policy: 'unavailable' });
    expect(asked).toHaveLength(5);
    down = false;
    pass(2_000);
    expect(await Promise.all([check('x'), check('x')])).toEqual([
      { kind: 'allow' },
      expect.objectContaining({ policy: 'unavailable' }),
    ]);
    expect(await check('x')).toEqual({ kind: 'allow' });
    expect(lines.join()).toContain('the guardrail answers again');
  });

  it('tells operators which rules found something, and never what', async () => {
    const { check, lines } = await open(honest, { trace: true });
    await check('ask Alice Smith');
    expect(lines.join()).toContain('"rule":"NAME"');
    expect(lines.join()).not.toContain('Alice');
  });
});
