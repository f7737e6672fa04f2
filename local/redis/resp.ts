import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What Redis answers, as plain values. An error reply becomes an Error value, so that the caller can name the command. */
export type RespValue = string | number | null | Error | RespValue[];

/** Reads one reply at `offset`; undefined means that bytes are still missing. */
export function parseReply(buffer: Buffer, offset = 0): { value: RespValue; next: number } | undefined {
  const lineEnd = buffer.indexOf('\r\n', offset);
  if (lineEnd < 0) return undefined;
  const kind = String.fromCharCode(buffer[offset] ?? 0);
  const head = buffer.toString('utf8', offset + 1, lineEnd);
  const next = lineEnd + 2;
  if (kind === '+') return { value: head, next };
  if (kind === '-') return { value: new Error(head), next };
  if (kind === ':') return { value: Number(head), next };
  const length = Number(head);
  if (kind === '$') {
    if (length < 0) return { value: null, next };
    if (buffer.length < next + length + 2) return undefined;
    return { value: buffer.toString('utf8', next, next + length), next: next + length + 2 };
  }
  if (kind !== '*') throw new Error(`not a Redis: the answer begins with ${JSON.stringify(kind)}`);
  const items: RespValue[] = [];
  let at = next;
  for (let i = 0; i < length; i += 1) {
    const item = parseReply(buffer, at);
    if (!item) return undefined;
    items.push(item.value);
    at = item.next;
  }
  return { value: length < 0 ? null : items, next: at };
}

const encode = (command: readonly string[]) =>
  `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/**
 * Sends commands over one connection and closes it. For start-up checks and tests, not for traffic.
 * Takes redis:// and rediss:// URLs, credentials and database number included. Throws on the first error reply.
 */
export async function redisCommands(
  url: string,
  commands: readonly (readonly string[])[],
  timeoutMs = 5000,
): Promise<RespValue[]> {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const database = pathname.slice(1);
  const all = [...commands];
  if (database) all.unshift(['SELECT', database]);
  if (password)
    all.unshift(['AUTH', ...(username ? [decodeURIComponent(username)] : []), decodeURIComponent(password)]);
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const socket =
    protocol === 'rediss:' ? connectTls({ ...target, servername: target.host }) : connectTcp(target);
  try {
    const values = await converse(socket, all, timeoutMs, `${target.host}:${target.port}`);
    return values.slice(all.length - commands.length);
  } finally {
    socket.destroy();
  }
}

function converse(socket: Socket, commands: (readonly string[])[], timeoutMs: number, where: string) {
  return new Promise<RespValue[]>((resolve, reject) => {
    const values: RespValue[] = [];
    let pending: Buffer = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () =>
      reject(new Error(`Redis at ${where} did not answer within ${timeoutMs} ms`)),
    );
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`Redis at ${where} closed the connection`)));
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      try {
        for (let reply = parseReply(pending); reply; reply = parseReply(pending)) {
          pending = pending.subarray(reply.next);
          if (reply.value instanceof Error) {
            const name = commands[values.length]?.[0] ?? 'unknown command';
            reject(new Error(`Redis at ${where} refused ${name}: ${reply.value.message}`));
            return;
          }
          values.push(reply.value);
        }
      } catch (error) {
        reject(error);
        return;
      }
      if (values.length >= commands.length) resolve(values);
    });
    socket.write(commands.map(encode).join(''));
  });
}
