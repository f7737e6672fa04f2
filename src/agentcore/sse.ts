/** One dispatched event of a server-sent event stream. */
export interface SseEvent {
  /** `message` unless the stream names another. */
  readonly event: string;
  readonly data: string;
}

export interface SseParser {
  /** Takes the next bytes, cut anywhere, and returns the events they complete. */
  push(chunk: Uint8Array): SseEvent[];
  /** True once one event grew over the limit; everything after it is ignored. */
  readonly overflowed: boolean;
  /** True while bytes wait for the rest of their event. At the end of the body it means: the stream was cut. */
  readonly pending: boolean;
}

/** An agent may send a file of some megabytes in one event; more than this is a broken or hostile stream. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = '\uFEFF';
const IDLE_CAPACITY = 4096;

/**
 * Incremental parser of `text/event-stream` (WHATWG HTML, section 9.2 "Server-sent events").
 *
 * Works on bytes: CR and LF never occur inside a multi-byte UTF-8 sequence, so a line is decoded only when it is
 * whole and a chunk border may fall anywhere. Time is linear in the number of bytes, memory is bounded by
 * `maxEventBytes`.
 */
export function createSseParser(maxEventBytes: number = MAX_EVENT_BYTES): SseParser {
  let line = createLineBuffer();
  let data: string[] = [];
  let eventBytes = 0;
  let lineBytes = 0;
  let eventName = '';
  let firstLine = true;
  let skipLineFeed = false;
  let overflowed = false;

  function endLine(text: string, found: SseEvent[]): void {
    const content = firstLine && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    firstLine = false;
    const size = lineBytes;
    lineBytes = 0;
    if (content === '') {
      if (data.length > 0) {
        found.push({
          event: eventName || 'message',
          data: data.length === 1 ? (data[0] ?? '') : data.join('\n'),
        });
      }
      data = [];
      eventName = '';
      eventBytes = 0;
      return;
    }
    const colon = content.indexOf(':');
    const field = colon < 0 ? content : content.slice(0, colon);
    // `id` and `retry` serve reconnecting, which this reader never does. An empty field name is a comment.
    if (field !== 'data' && field !== 'event') return;
    const start = content[colon + 1] === ' ' ? colon + 2 : colon + 1;
    const value = colon < 0 ? '' : content.slice(start);
    if (field === 'event') {
      eventName = value;
      return;
    }
    data.push(value);
    eventBytes += size;
  }

  function grew(bytes: number): boolean {
    lineBytes += bytes;
    if (eventBytes + lineBytes <= maxEventBytes) return false;
    overflowed = true;
    line = createLineBuffer();
    data = [];
    return true;
  }

  function push(chunk: Uint8Array): SseEvent[] {
    const found: SseEvent[] = [];
    if (overflowed) return found;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let position = 0;
    // Both positions are remembered: searching anew for the rarer one at each line would be quadratic.
    let lineFeed = indexOrEnd(bytes, LF, 0);
    let carriage = indexOrEnd(bytes, CR, 0);
    while (position < bytes.length) {
      if (skipLineFeed) {
        skipLineFeed = false;
        if (bytes[position] === LF) {
          position += 1;
          lineFeed = indexOrEnd(bytes, LF, position);
          continue;
        }
      }
      const end = Math.min(lineFeed, carriage);
      if (grew(end - position)) return found;
      if (end === bytes.length) {
        line.append(bytes, position, end);
        return found;
      }
      endLine(line.take(bytes, position, end), found);
      position = end + 1;
      if (end === carriage) {
        skipLineFeed = true;
        carriage = indexOrEnd(bytes, CR, position);
      } else {
        lineFeed = indexOrEnd(bytes, LF, position);
      }
    }
    return found;
  }

  return {
    push,
    get overflowed() {
      return overflowed;
    },
    get pending() {
      return line.length > 0 || data.length > 0;
    },
  };
}

function indexOrEnd(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}

/** Bytes of a line whose end has not arrived; grows by doubling, so that single bytes cost amortised constant time. */
function createLineBuffer() {
  let store = Buffer.alloc(0);
  let length = 0;

  function append(bytes: Buffer, start: number, end: number): void {
    const needed = length + end - start;
    if (needed > store.length) {
      const larger = Buffer.allocUnsafe(Math.max(IDLE_CAPACITY, needed, store.length * 2));
      store.copy(larger, 0, 0, length);
      store = larger;
    }
    bytes.copy(store, length, start, end);
    length = needed;
  }

  function take(bytes: Buffer, start: number, end: number): string {
    if (length === 0) return bytes.toString('utf8', start, end);
    append(bytes, start, end);
    const text = store.toString('utf8', 0, length);
    length = 0;
    // A large event must not keep its memory for the rest of the stream.
    if (store.length > 16 * IDLE_CAPACITY) store = Buffer.alloc(0);
    return text;
  }

  return {
    append,
    take,
    get length() {
      return length;
    },
  };
}
