import { createHook } from 'node:async_hooks';
import { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';
import { afterAll } from 'vitest';

/**
 * A test file that leaves a server, a socket, a child process or a worker open fails.
 *
 * What is open before the file is loaded (the test runner's own pipes) is the baseline. Afterwards everything else has
 * to be closed within a moment, because a closed socket takes a turn of the event loop to go. Handles that were
 * `unref`ed, such as idle keep-alive connections of `fetch`, keep nothing alive and do not count.
 */
type Handle = { hasRef?: () => boolean };
const activeHandles = () => (process as unknown as { _getActiveHandles(): Handle[] })._getActiveHandles();

const GRACE_MS = 2000;
const baseline = new Set(activeHandles());

// Workers are not among the active handles; the hook sees each begin and end.
const workers = new Map<number, string>();
createHook({
  init(id, type) {
    if (type === 'WORKER') workers.set(id, 'a worker thread');
  },
  destroy(id) {
    workers.delete(id);
  },
}).enable();

function describeHandle(handle: Handle): string | undefined {
  if (handle instanceof Server) {
    const address = handle.address();
    const where = address && typeof address === 'object' ? `port ${address.port}` : (address ?? 'no address');
    return `a server listening on ${where}`;
  }
  if (handle instanceof ChildProcess) {
    return `a child process: ${handle.spawnargs.join(' ').slice(0, 120)} (pid ${handle.pid})`;
  }
  if (handle instanceof Socket && handle.remoteAddress) {
    return `a socket from port ${handle.localPort} to ${handle.remoteAddress}:${handle.remotePort}`;
  }
  return undefined;
}

const isReferenced = (handle: Handle) => {
  const inner = (handle as { _handle?: Handle })._handle ?? handle;
  return inner.hasRef?.() ?? true;
};

function leaks(): string[] {
  const handles = activeHandles().filter((handle) => !baseline.has(handle) && isReferenced(handle));
  return [...handles.map(describeHandle).filter((text) => text !== undefined), ...workers.values()];
}

// Registered before any hook of the test file, so it runs after all of them.
afterAll(async () => {
  const deadline = performance.now() + GRACE_MS;
  while (leaks().length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const left = leaks();
  if (left.length > 0) throw new Error(`This test file left open:\n- ${left.join('\n- ')}`);
});
