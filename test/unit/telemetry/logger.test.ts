import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.ts';

function listen(level: string) {
  const lines: string[] = [];
  const log = createLogger({ level, destination: { write: (line: string) => void lines.push(line) } });
  return { log, lines, first: () => JSON.parse(lines[0] ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  it('writes one JSON object a line, with the ids of its child', () => {
    const { log, lines, first } = listen('info');
    log
      .child({ turn: 'turn-1', session: 'tc-2', trace: 'abc' })
      .info({ end: 'done', attempt: 1 }, 'turn ended');
    expect(lines).toHaveLength(1);
    expect(first()).toMatchObject({
      level: 'info',
      service: 'threadcore',
      turn: 'turn-1',
      session: 'tc-2',
      trace: 'abc',
      end: 'done',
      attempt: 1,
      msg: 'turn ended',
    });
    expect(String(first().time)).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it.each(['info', 'warn', 'error', 'debug'] as const)('keeps what people wrote out of %s lines', (level) => {
    const { log, lines } = listen('trace');
    log[level](
      { text: 'my salary', nested: { prompt: 'my salary', blocks: ['my salary'] } },
      'turn accepted',
    );
    expect(lines.join()).not.toContain('salary');
    expect(lines.join()).toContain('[9 characters]');
  });

  it('shows what people wrote at trace level, when that is asked for', () => {
    const { log, lines } = listen('trace');
    log.trace({ text: 'my salary' }, 'message');
    expect(lines.join()).toContain('my salary');
    const quiet = listen('debug');
    quiet.log.trace({ text: 'my salary' }, 'message');
    expect(quiet.lines).toEqual([]);
  });

  it.each([
    ['a bot token', 'xoxb-1234-5678-AbCdEf'],
    ['a rotating token', 'xoxe.xoxb-1-AbCdEf'],
    ['an app token', 'xapp-1-A1-2-abcdef'],
    ['a bearer header', 'Bearer abcdefghij.klmno'],
    ['a JSON web token', 'eyJhbGciOiJub25l.eyJzdWIiOiIxIn0.sig'],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
    ['a signed address', 'X-Amz-Signature=deadbeef'],
  ])('masks %s wherever it stands, at every level', (_what, secret) => {
    const { log, lines } = listen('trace');
    log.trace({ deep: { list: [`a ${secret} b`] } }, `in words: ${secret}`);
    log.error({ err: new Error(`refused: ${secret}`, { cause: new Error(secret) }) }, 'failed');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain(secret);
    expect(lines.join()).toContain('[hidden]');
  });

  it('masks passwords inside addresses and keeps the rest', () => {
    const { log, lines } = listen('info');
    log.info({ url: 'rediss://app:hunter2@cache.example.com:6379' }, 'connecting');
    expect(lines.join()).toContain('rediss://app:[hidden]@cache.example.com:6379');
  });

  it('hides fields that are named like secrets, even unknown values', () => {
    const { log, lines } = listen('trace');
    const secrets = { botToken: 's3cr', signingSecret: 's3cr', authorization: 's3cr', password: 's3cr' };
    log.trace(
      { ...secrets, headers: { Cookie: 's3cr', 'x-slack-signature': 's3cr', client_secret: 's3cr' } },
      'x',
    );
    expect(lines.join()).not.toContain('s3cr');
  });

  it('does not hide ids and counts that operators need', () => {
    const { log, first } = listen('info');
    log.info({ turn: 't', tenant: 'T1', inputTokens: 12, outputTokens: 3, clientToken: undefined }, 'usage');
    expect(first()).toMatchObject({ turn: 't', tenant: 'T1', inputTokens: 12, outputTokens: 3 });
  });

  it('reduces errors to named facts: no request, no command, no headers', () => {
    const { log, lines, first } = listen('info');
    const error = Object.assign(new Error('reply failed'), {
      code: 'slack_error',
      statusCode: 429,
      command: { args: ['my salary'] },
      config: { headers: { auth: 's3cr' } },
    });
    log.error({ err: error }, 'failed');
    expect(first().err).toMatchObject({
      type: 'Error',
      message: 'reply failed',
      code: 'slack_error',
      status: 429,
    });
    expect(lines.join()).not.toMatch(/salary|s3cr/);
  });

  it('takes an error as the only argument', () => {
    const { log, first } = listen('info');
    log.error(new TypeError('xoxb-1-2-abc'));
    expect(first()).toMatchObject({ err: { type: 'TypeError', message: '[hidden]' }, msg: '[hidden]' });
  });

  it('hides secrets and content in the fields of a child, and errors under any name', () => {
    const { log, lines } = listen('trace');
    const error = Object.assign(new Error('x'), { headers: 's3cr' });
    log.child({ part: 'bolt' }).child({ botToken: 's3cr', text: 'my salary' }).warn({ reason: error }, 'x');
    expect(lines.join()).toContain('"part":"bolt"');
    expect(lines.join()).not.toMatch(/s3cr|salary/);
  });

  it('survives odd values', () => {
    const { log, lines } = listen('info');
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    log.info({ loop, map: new Map(), nothing: null, err: 'no error' }, 'odd');
    expect(lines).toHaveLength(1);
  });
});

it('everything is written to standard output, also what was said just before the process exits', () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('../../../src/telemetry/logger.ts', import.meta.url).href)};
    const [one, other] = [createLogger({ level: 'info' }), createLogger({ level: 'info' })];
    one.info('first');
    other.info('second');
    setImmediate(() => setImmediate(() => {
      for (let i = 0; i < 200; i += 1) one.info({ i, more: 'x'.repeat(100) }, 'many');
      other.fatal('last');
      process.exit(3);
    }));`;
  let said = '';
  try {
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  const messages = said
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toEqual(['first', 'second', ...Array(200).fill('many'), 'last']);
});
