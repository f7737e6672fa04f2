import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ForgetfulLink {
  readonly port: number;
  /**
   * Forgets its connections, as a firewall does that was restarted: nothing passes any more, and nobody is told. New
   * connections work.
   */
  forget(): void;
  close(): Promise<void>;
}

/** A TCP proxy on loopback. */
export async function createForgetfulLink(target: number): Promise<ForgetfulLink> {
  const known = new Map<Socket, Socket>();
  const all = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    known.set(near, far);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      all.add(socket);
      socket.pipe(other);
      // A broken connection is passed on by `close`.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        all.delete(socket);
        if (known.delete(near)) other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    forget() {
      for (const [near, far] of known) {
        near.unpipe(far).resume();
        far.unpipe(near).resume();
      }
      known.clear();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of all) socket.destroy();
      await closed;
    },
  };
}
