import type { StreamReader } from './fault-link.ts';
import type { Passage } from './passage.ts';

/** Names the scripts of the turn engine by the digest with which they are called. */
export type ScriptNames = ReadonlyMap<string, string>;

/** Reads commands and replies of one Redis connection and tells which reply belongs to which command. */
export function createRedisReader(scripts: ScriptNames): StreamReader {
  let requests: Buffer = Buffer.alloc(0);
  let replies: Buffer = Buffer.alloc(0);
  const waiting: { readonly name: string; readonly request: string }[] = [];

  return {
    request(chunk) {
      requests = Buffer.concat([requests, chunk]);
      const passages: Passage[] = [];
      for (let end = valueEnd(requests, 0); end !== undefined; end = valueEnd(requests, 0)) {
        const text = requests.toString('utf8', 0, end);
        const name = commandName(text, scripts);
        requests = requests.subarray(end);
        waiting.push({ name, request: text });
        passages.push({ link: 'redis', phase: 'request', name, text });
      }
      return passages.length === 0 ? 'incomplete' : passages;
    },
    answer(chunk) {
      replies = Buffer.concat([replies, chunk]);
      const passages: Passage[] = [];
      for (let end = valueEnd(replies, 0); end !== undefined; end = valueEnd(replies, 0)) {
        const text = replies.toString('utf8', 0, end);
        replies = replies.subarray(end);
        // Push messages answer nobody.
        if (text.startsWith('>')) continue;
        const { name, request } = waiting.shift() ?? { name: '', request: '' };
        passages.push({ link: 'redis', phase: 'answer', name, text, request });
      }
      return passages;
    },
  };
}

function commandName(text: string, scripts: ScriptNames): string {
  const words = text.split('\r\n').filter((_, i) => i > 0 && i % 2 === 0);
  const command = (words[0] ?? '').toLowerCase();
  if (command !== 'evalsha' && command !== 'eval') return command;
  return scripts.get(words[1] ?? '') ?? 'queue script';
}

/** Where the RESP2 or RESP3 value at `offset` ends; undefined while bytes are missing. */
function valueEnd(buffer: Buffer, offset: number): number | undefined {
  const lineEnd = buffer.indexOf('\r\n', offset);
  if (lineEnd < 0) return undefined;
  const kind = String.fromCharCode(buffer[offset] ?? 0);
  const after = lineEnd + 2;
  if ('+-:_#,('.includes(kind)) return after;
  const length = Number(buffer.toString('latin1', offset + 1, lineEnd));
  if (length < 0) return after;
  if ('$=!'.includes(kind)) return buffer.length < after + length + 2 ? undefined : after + length + 2;
  if (!'*~>%|'.includes(kind)) throw new Error(`not a Redis value: it begins with ${JSON.stringify(kind)}`);
  let at: number | undefined = after;
  const items = '%|'.includes(kind) ? length * 2 : length;
  for (let i = 0; i < items && at !== undefined; i += 1) at = valueEnd(buffer, at);
  return at;
}
