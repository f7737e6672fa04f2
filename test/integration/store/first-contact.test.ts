import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import { freePort, type RunningRedis, startRedis } from '../../../local/redis/start-redis.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { explainRedis, problemsAtStart } from '../../../src/store/first-contact.ts';
import { type BackendProcess, createSurroundings, type Surroundings } from '../../setup/backend-processes.ts';
import { writeCertificates } from '../../setup/certificates.ts';
import { eventually } from '../../setup/eventually.ts';

const PASSWORD = 'p@ss/w:rd%';
/** As docs/operate.md gives it. */
const ACL_RULES = ['~{tc}*', '+@all', '-@dangerous', '+info'];

/** A Redis as a company runs it: TLS with a private authority, no default user, one user with few rights. */
let folder: string;
let redis: RunningRedis;
let ca: string;
let tlsPort: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadcore-tls-'));
  const files = await writeCertificates(folder);
  ca = files.ca;
  tlsPort = await freePort();
  redis = await startRedis({
    own: true,
    log: () => undefined,
    settings: {
      'tls-port': String(tlsPort),
      'tls-cert-file': files.cert,
      'tls-key-file': files.key,
      'tls-ca-cert-file': files.ca,
      'tls-auth-clients': 'no',
    },
  });
  await redisCommands(redis.url, [
    ['ACL', 'SETUSER', 'threadcore', 'on', `>${PASSWORD}`, ...ACL_RULES],
    ['ACL', 'SETUSER', 'blind', 'on', '>blind', '~*', '+@all', '-info'],
    ['ACL', 'SETUSER', 'default', 'resetpass', '>of-the-operator'],
  ]);
});
afterAll(async () => {
  await redis?.stop();
  await rm(folder, { recursive: true });
});

const as = (user: string, password: string, scheme = 'redis') =>
  `${scheme}://${user}:${encodeURIComponent(password)}@127.0.0.1:${scheme === 'redis' ? redis.port : tlsPort}`;

async function problemsWith(url: string): Promise<readonly string[]> {
  const errors: Error[] = [];
  const connection = connect({ url, name: 'first-contact', onError: (error) => errors.push(error) });
  try {
    return await problemsAtStart(connection, url, 'aof');
  } finally {
    await disconnect(connection, 50);
  }
}

describe('a Redis that a process cannot start with is named with the remedy:', () => {
  it.each<[string, () => string, RegExp]>([
    ['nobody listens', () => 'redis://127.0.0.1:1', /ECONNREFUSED.*running/],
    ['the host is unknown', () => 'redis://redis.invalid:6379', /nobody knows the name redis\.invalid/],
    ['no password is given', () => redis.url, /wants a password/],
    ['the password is wrong', () => as('threadcore', 'wrong'), /refuses this user name or password/],
    ['the user is unknown', () => as('nobody', PASSWORD), /refuses this user name or password/],
    ['the user may not read INFO', () => as('blind', 'blind'), /docs\/operate\.md has the rules/],
    ['the authority is not known', () => as('threadcore', PASSWORD, 'rediss'), /NODE_EXTRA_CA_CERTS/],
    ['it wants TLS', () => `redis://127.0.0.1:${tlsPort}`, /begins with rediss:/],
  ])('%s', async (_case, url, words) => {
    const problems = await problemsWith(url());
    expect(problems).toEqual([expect.stringMatching(words)]);
    expect(problems[0]).toMatch(/^REDIS_URL: /);
    expect(problems[0]).not.toMatch(/wrong|p%40ss|p@ss/);
  });

  it('it speaks no TLS', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.destroy()),
    );
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    expect(await problemsWith(`rediss://127.0.0.1:${port}`)).toEqual([
      expect.stringMatching(/begins with redis:/),
    ]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('and none where there is none', async () => {
    expect(await problemsWith(as('threadcore', PASSWORD))).toEqual([]);
  });
});

it('what a Redis answers later is put in the same words', () => {
  const said = (message: string, name = 'ReplyError') =>
    explainRedis(Object.assign(new Error(message), { name }), 'redis://user:hidden@db.example.com:6379');
  expect(said("READONLY You can't write against a read only replica.")).toMatch(
    /^REDIS_URL: .* is a replica/,
  );
  expect(said("OOM command not allowed when used memory > 'maxmemory'.")).toMatch(/is full/);
  expect(said('Command timed out', 'Error')).toMatch(/db\.example\.com:6379 does not answer within 2\.5 s/);
  expect(said('Reached the max retries …', 'MaxRetriesPerRequestError')).toMatch(/6379 was lost/);
  expect(said('anything else', 'TypeError')).toBeUndefined();
});

describe('a backend process', () => {
  let surroundings: Surroundings;
  let backend: BackendProcess;
  beforeAll(async () => {
    surroundings = await createSurroundings();
  });
  afterAll(() => surroundings?.close());

  it('works over TLS with a private authority, as a user with the rights that the guide gives, and says no password', async () => {
    const operator = as('default', 'of-the-operator');
    await redisCommands(operator, [['ACL', 'LOG', 'RESET']]);
    backend = await surroundings.start('all', {
      REDIS_URL: as('threadcore', PASSWORD, 'rediss'),
      NODE_EXTRA_CA_CERTS: ca,
    });
    await backend.ready();
    const { slack } = surroundings;
    const { ts } = await slack.postAs('alice', '#cloud', '@Cloud Engineer ask canary-tls read 0 3 20');
    await eventually('the answer', () =>
      slack
        .thread('#cloud', ts)
        .some(({ text }) => text.includes('canary-tls run1') && text.includes('end1')),
    );
    const [refused] = await redisCommands(operator, [['ACL', 'LOG']]);
    expect(refused).toEqual([]);
    const metrics = await fetch(`http://127.0.0.1:${backend.port}/metrics`);
    expect(await metrics.text()).toContain('threadcore_turns_total{end="done"} 1');
    expect(backend.output()).not.toMatch(/NOPERM|p@ss|p%40ss/);
  });

  it('that may not use its KMS key says so at the start, not when somebody signs in', async () => {
    const web = await surroundings.start('web', {
      REDIS_URL: as('threadcore', PASSWORD),
      KMS_KEY_ID: 'alias/nobody-made-it',
      AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1',
    });
    await web.says(/"level":"error".*KMS_KEY_ID cannot be used/);
    // It may come back, and what needs no key goes on.
    await web.ready();
    expect(await web.readyz()).toBe(200);
  });

  it('that is not let in ends with exit code 1 and one message', async () => {
    const locked = await surroundings.start('worker', { REDIS_URL: as('threadcore', 'not-the-password') });
    expect(await locked.exited).toBe(1);
    expect(locked.output()).toContain('REDIS_URL: Redis at 127.0.0.1');
    expect(locked.output()).toContain('refuses this user name or password');
    expect(locked.output()).not.toContain('not-the-password');
    expect(locked.output()).not.toMatch(/"stack"|^\s+at /m);
  });
});
