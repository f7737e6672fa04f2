import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { type ClientCommand, readMonitorLine } from './redis-commands.ts';

export interface RedisMonitor {
  /** Ends the watching and answers how often each command was sent. */
  stop(): Promise<readonly (ClientCommand & { readonly count: number })[]>;
}

/** Watches, on a connection of its own, every command that clients send to a Redis on loopback. */
export async function monitorRedis(port: number): Promise<RedisMonitor> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const counts = new Map<string, ClientCommand & { count: number }>();
  const lines = createInterface({ input: socket });
  const answered = once(lines, 'line');
  socket.write('MONITOR\r\n');
  const [answer] = (await answered) as [string];
  if (answer !== '+OK') throw new Error(`Redis refuses MONITOR: ${answer}`);
  const seen = Promise.withResolvers<void>();
  lines.on('line', (line) => {
    if (line.includes(END_MARK)) return seen.resolve();
    const command = readMonitorLine(line);
    if (command === undefined) return;
    const known = counts.get(command.name);
    if (known) known.count += 1;
    else counts.set(command.name, { ...command, count: 1 });
  });
  lines.on('close', () => seen.reject(new Error('Redis closed the connection that watches its commands')));

  return {
    async stop() {
      // Everything sent before this mark has been seen when the mark itself is seen.
      const marker = connect(port, '127.0.0.1');
      await once(marker, 'connect');
      marker.end(`ECHO ${END_MARK}\r\n`);
      await seen.promise;
      marker.destroy();
      lines.close();
      socket.destroy();
      return [...counts.values()].sort((a, b) => b.count - a.count);
    },
  };
}

const END_MARK = 'threadcore-bench-has-seen-enough';
