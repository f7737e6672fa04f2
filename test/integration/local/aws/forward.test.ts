import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { AwsRequest } from '../../../../local/aws/api.ts';
import { forwardInvocation } from '../../../../local/aws/forward.ts';
import type { Lease, Sessions } from '../../../../local/aws/sessions.ts';

const CALL: AwsRequest = {
  requestId: 'r',
  method: 'POST',
  rawPath: '/',
  segments: [],
  query: new URLSearchParams(),
  headers: {},
  body: Buffer.from('{}'),
  bodyTooLarge: false,
  region: 'us-east-2',
  signal: new AbortController().signal,
};

/** The address of a server that answers every request, and of one that has just closed. */
async function addresses(): Promise<{ live: string; closed: string }> {
  const servers = [1, 2].map(() => createServer((_request, response) => void response.end('done')));
  const urls: string[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    urls.push(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  }
  servers[1]?.close();
  onTestFinished(() => void servers[0]?.close());
  return { live: urls[0] ?? '', closed: urls[1] ?? '' };
}

function leases(urls: readonly string[], ended: boolean) {
  const left = [...urls];
  const seen = { acquired: 0, released: 0 };
  const acquire = async (): Promise<Lease> => {
    seen.acquired += 1;
    return {
      url: left.shift() ?? '',
      release: () => {
        seen.released += 1;
      },
      endsWithin: () => Promise.resolve(ended),
    };
  };
  const unused = () => Promise.reject(new Error('not used here'));
  const sessions: Sessions = { acquire, stop: unused, stopAll: unused, list: () => [], close: unused };
  return { sessions, seen };
}

test('a process that died just before the call is replaced: nothing was delivered to it', async () => {
  const { live, closed } = await addresses();
  const { sessions, seen } = leases([closed, live], true);
  const answer = await forwardInvocation(sessions, 's', CALL);
  answer.resume();
  await once(answer, 'close');
  expect(answer.statusCode).toBe(200);
  expect(seen).toEqual({ acquired: 2, released: 2 });
});

test('an agent that lives but does not listen is asked once', async () => {
  const { live, closed } = await addresses();
  const { sessions, seen } = leases([closed, live], false);
  await expect(forwardInvocation(sessions, 's', CALL)).rejects.toMatchObject({ code: 'RuntimeClientError' });
  expect(seen).toEqual({ acquired: 1, released: 1 });
});

test('a second process that dies in the same way is not replaced again', async () => {
  const { closed } = await addresses();
  const { sessions, seen } = leases([closed, closed], true);
  await expect(forwardInvocation(sessions, 's', CALL)).rejects.toMatchObject({ code: 'RuntimeClientError' });
  expect(seen).toEqual({ acquired: 2, released: 2 });
});
