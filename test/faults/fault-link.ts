import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Fate, Passage, Watch } from './passage.ts';

/** Finds the passages in one connection's bytes. `incomplete`: hold the bytes back until more arrive. */
export interface StreamReader {
  request(chunk: Buffer): Passage[] | 'incomplete';
  answer(chunk: Buffer): Passage[];
}

export interface FaultLink {
  readonly port: number;
  /** Everything that passes is shown to this watch, which decides what becomes of it. */
  watch: Watch;
  /** Breaks all connections, as a failing network does. */
  cut(): void;
  /** From now on nothing passes in either direction, until the returned function is called. */
  stall(): () => void;
  /** New connections lead there from now on. */
  setTarget(port: number): void;
  close(): Promise<void>;
}

/** A TCP proxy on loopback between a process and one of its surroundings. It can break, hold and delay what passes. */
export async function createFaultLink(first: number, createReader: () => StreamReader): Promise<FaultLink> {
  let target = first;
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let stalled: Promise<void> | undefined;

  const link: FaultLink = {
    port: 0,
    watch: () => 'pass',
    cut() {
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
    },
    stall() {
      const { promise, resolve } = Promise.withResolvers<void>();
      stalled = promise;
      return () => {
        if (stalled === promise) stalled = undefined;
        resolve();
      };
    },
    setTarget(port) {
      target = port;
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      link.cut();
      await closed;
    },
  };

  const listener = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    const reader = createReader();
    client.setNoDelay(true);
    server.setNoDelay(true);
    forward(client, server, (chunk) => reader.request(chunk));
    forward(server, client, (chunk) => reader.answer(chunk));
    const forget = () => pairs.delete(pair);
    server.on('close', forget);
  });

  function forward(from: Socket, to: Socket, read: (chunk: Buffer) => Passage[] | 'incomplete'): void {
    const held: Buffer[] = [];
    // What is held is passed on later in its order, even when its sender is gone by then: as packets under way are.
    let queue: Promise<void> | undefined;
    const pass = (bytes: Buffer, fate: 'pass' | 'drop') => {
      if (fate === 'pass') {
        if (!to.destroyed) to.write(bytes);
        return;
      }
      from.destroy();
      to.destroy();
    };
    from.on('data', (chunk: Buffer) => {
      held.push(chunk);
      const passages = read(chunk);
      if (passages === 'incomplete') return;
      const bytes = Buffer.concat(held.splice(0));
      const fate = decide(passages);
      if (queue === undefined && stalled === undefined && typeof fate === 'string') return pass(bytes, fate);
      const before = queue ?? Promise.resolve();
      const mine = before.then(async () => {
        await stalled;
        pass(bytes, await fate);
      });
      queue = mine;
      void mine.then(() => {
        if (queue === mine) queue = undefined;
      });
    });
    const end = () => {
      if (queue === undefined) to.destroy();
      else void queue.then(() => to.end());
    };
    from.on('close', end);
    // A broken connection is what this is for; `close` follows.
    from.on('error', end);
  }

  function decide(passages: readonly Passage[]): Fate {
    const fates = passages.map((passage) => link.watch(passage)).filter((fate) => fate !== 'pass');
    const [first = 'pass'] = fates;
    if (fates.length < 2) return first;
    const decided = fates.map((fate) => Promise.resolve(fate));
    return Promise.all(decided).then((all) => (all.includes('drop') ? 'drop' : 'pass'));
  }

  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return Object.assign(link, { port: (listener.address() as AddressInfo).port });
}
