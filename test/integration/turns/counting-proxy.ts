import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { parseReply } from '../../../local/redis/resp.ts';

/** A TCP proxy in front of Redis that keeps what clients send: one list of words a command. */
export async function startCountingProxy(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let commands: string[][] = [];

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let unread: Buffer = Buffer.alloc(0);
    client.on('data', (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      for (let parsed = parseReply(unread); parsed; parsed = parseReply(unread)) {
        if (Array.isArray(parsed.value)) commands.push(parsed.value.map(String));
        unread = unread.subarray(parsed.next);
        if (unread.length === 0) break;
      }
    });
    client.pipe(upstream);
    upstream.pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    commands: (): readonly string[][] => commands,
    reset(): void {
      commands = [];
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
