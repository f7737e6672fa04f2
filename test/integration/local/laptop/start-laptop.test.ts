import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askInThread } from '../../../../local/laptop/ask-in-thread.ts';
import { findRunningLaptop } from '../../../../local/laptop/laptop-file.ts';
import { readOpsFile } from '../../../../local/laptop/ops-file.ts';
import { createReplyPrinter } from '../../../../local/laptop/print-reply.ts';
import { startLaptop } from '../../../../local/laptop/start-laptop.ts';
import { createVisitor } from '../../../../local/laptop/visitor.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
let folder: string;
let warnings: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-laptop-'));
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true }));

const env = {
  // The small backend knows nobody's account.
  IDENTITY_MODE: 'off',
  PORT: '0',
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
};

const start = (mode: string, signal?: AbortSignal) =>
  startLaptop({
    root,
    folder,
    env,
    say: () => undefined,
    warn: (line) => warnings.push(line),
    backendArgs: [join(import.meta.dirname, 'tiny-backend.ts'), mode],
    ...(signal ? { signal } : {}),
  });

async function ask(page: string, question = 'how many instances?', timeoutMs = 20_000) {
  let out = '';
  const printer = createReplyPrinter((text) => {
    out += text;
  });
  const result = await askInThread({ page, question, user: 'alice', channel: '#cloud', timeoutMs, printer });
  return { result, out };
}

test('a started laptop is found, answers a question in the thread, and leaves no trace but its data', async () => {
  const laptop = await start('answer');
  expect(await findRunningLaptop(folder)).toEqual(laptop.info);
  expect(await ask(laptop.info.slackPage)).toEqual({
    result: 'complete',
    out: expect.stringMatching(/^(… List instances\n)?✓ List instances\nThere are 5 instances\.\n$/),
  });
  await laptop.stop();
  await laptop.stop();
  expect(await findRunningLaptop(folder)).toBeUndefined();
  expect((await readdir(folder)).sort()).toEqual(['agent.log', 'backend.log', 'memory', 'ops.env', 'redis']);
  expect(warnings).toEqual([]);
});

test('a reply that says it failed is a failure, and its words are printed', async () => {
  const laptop = await start('fail');
  const { result, out } = await ask(laptop.info.slackPage);
  await laptop.stop();
  expect({ result, out }).toEqual({ result: 'failed', out: 'I could not reach the agent.\n' });
});

test('no reply within the time is a timeout', async () => {
  const laptop = await start('silent');
  const { result } = await ask(laptop.info.slackPage, 'anybody there?', 300);
  await laptop.stop();
  expect(result).toBe('timeout');
});

test('a question that Slack would not take is refused with the reason', async () => {
  const laptop = await start('silent');
  await expect(ask(laptop.info.slackPage, 'x'.repeat(40_001))).rejects.toThrow(/refused the question/);
  await laptop.stop();
});

test('a backend that refuses to start is reported with its words, and everything else is stopped', async () => {
  await expect(start('broken')).rejects.toThrow(/ended during its start with exit code 3.*backend\.log/);
  expect(warnings).toEqual(['backend: AGENT_RUNTIME_ARN is missing']);
  expect((await readdir(folder)).sort()).toEqual(['agent.log', 'backend.log', 'memory', 'ops.env', 'redis']);
});

test('a backend that dies later is reported', async () => {
  const laptop = await start('crash');
  const asked = ask(laptop.info.slackPage, 'die', 1000);
  expect(await laptop.broken).toBe('The backend ended unexpectedly with exit code 9');
  expect(await asked).toMatchObject({ result: 'timeout' });
  await laptop.stop();
});

test('an interrupted start stops what it had started', async () => {
  const abort = new AbortController();
  abort.abort(new Error('interrupted'));
  await expect(start('answer', abort.signal)).rejects.toThrow('interrupted');
  expect(await readdir(folder)).toEqual(['redis']);
});

test('people sign in at a Cognito that sends them back to this backend, and to nobody else', async () => {
  const laptop = await start('silent');
  const { cognito, web } = laptop.info;
  const { COGNITO_CLIENT_ID: client = '', COGNITO_DOMAIN, PUBLIC_URL } = await readOpsFile(folder);
  expect({ COGNITO_DOMAIN, PUBLIC_URL }).toEqual({ COGNITO_DOMAIN: cognito, PUBLIC_URL: web });
  const visit = (back: string) => {
    const query = { client_id: client, redirect_uri: back, response_type: 'code', scope: 'openid' };
    return createVisitor().open(`${cognito}/oauth2/authorize?${new URLSearchParams(query)}`);
  };
  const signIn = await visit(`${web}/link/callback`);
  const elsewhere = await visit('http://127.0.0.1:1/link/callback');
  await laptop.stop();
  expect(signIn.text).toContain('Cloud Engineer');
  expect(elsewhere.text).toContain('redirect_mismatch');
});

test('operators’ commands find the keys of the laptop that runs, and the next start keeps them', async () => {
  const { REDIS_URL: _given, ...shell } = process.env;
  const ops = async (...words: string[]) => {
    const options = { cwd: root, env: { ...shell, THREADCORE_STATE_DIR: folder } };
    return (await promisify(execFile)(process.execPath, ['scripts/ops.ts', ...words], options)).stdout;
  };
  const first = await start('silent');
  await ops('turns', 'pause', '--reason', 'we move');
  const verdict = await ops('audit', 'verify');
  const guardrail = await ops('guardrail', 'diff', '--env', join(folder, 'ops.env'));
  const mode = (await stat(join(folder, 'ops.env'))).mode & 0o777;
  const { ENCRYPTION_KEYS: keys } = await readOpsFile(folder);
  await first.stop();
  const second = await start('silent');
  const { ENCRYPTION_KEYS: later } = await readOpsFile(folder);
  await second.stop();
  expect(verdict).toContain('Unbroken, and signed with our keys.');
  expect(guardrail).toBe('threadcorelaptop DRAFT is as the policy file says.\n');
  expect(mode).toBe(0o600);
  expect(later).toBe(keys);
});

test('where identities are asked for, alice and bob are linked to their accounts before laptop mode is up', async () => {
  const said: string[] = [];
  const laptop = await startLaptop({
    root,
    folder,
    env: { ...env, IDENTITY_MODE: 'required' },
    say: (part, text) => said.push(`${part}: ${text}`),
    warn: (line) => warnings.push(line),
    backendArgs: [join(import.meta.dirname, 'tiny-linking-backend.ts')],
  });
  const links = await (await fetch(`${laptop.info.web}/links`)).json();
  await laptop.stop();
  expect(links).toEqual({ U0ALICE00000: 'alice@example.com', U0BOB0000000: 'bob@example.com' });
  expect(said).toContain('Identity: alice and bob are linked to their accounts');
  expect(warnings).toEqual([]);
});
