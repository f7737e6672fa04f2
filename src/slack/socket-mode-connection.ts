import type { Logger as SlackLogger } from '@slack/bolt';
import { SocketModeClient } from '@slack/socket-mode';
import type { Logger } from '../telemetry/logger.ts';

/** Slack says hello within a second or so. */
const OPEN_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 5_000;
/** The other side may be gone without a word; then nobody waits for its good-bye. */
const CLOSE_TIMEOUT_MS = 2_000;

/** One delivery as Socket Mode wraps it. Source: Slack, "Using Socket Mode", section on envelopes. */
export interface Envelope {
  readonly body: Record<string, unknown>;
  readonly accepts_response_payload?: boolean;
  readonly retry_num?: number;
  readonly retry_reason?: string;
  ack(payload?: Record<string, unknown> | string): Promise<void>;
}

export interface SocketConnectionOptions {
  /** `xapp-…`, with the scope connections:write. */
  readonly appToken: string;
  /** Ends with a slash. */
  readonly apiUrl: string;
  readonly onEnvelope: (envelope: Envelope) => void;
  /** Gives up opening. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface SocketConnection {
  /** Resolves when nothing more will come: Slack `asked` for a new connection, or this one was `lost`. */
  readonly ended: Promise<'asked' | 'lost'>;
  close(): Promise<void>;
}

/**
 * Opens one Socket Mode connection: `apps.connections.open`, then the WebSocket up to Slack's hello. The SDK watches
 * its pings. Reconnecting is not left to the SDK: after a failed call it would give up with an unhandled rejection.
 */
export async function openSocket(options: SocketConnectionOptions): Promise<SocketConnection> {
  const { signal } = options;
  const client = new SocketModeClient({
    appToken: options.appToken,
    autoReconnectEnabled: false,
    logger: quiet(options.log),
    clientOptions: {
      slackApiUrl: options.apiUrl,
      timeout: CALL_TIMEOUT_MS,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
      fetch: (input, init) =>
        fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal }),
    },
  });
  const ended = Promise.withResolvers<'asked' | 'lost'>();
  const gone = Promise.withResolvers<void>();
  // What the SDK's own listener throws would be an unhandled rejection, and with it the end of the process.
  const [read] = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: unknown) => {
    if (isDisconnect(data)) ended.resolve('asked');
    Promise.resolve(read?.(data, isBinary)).catch((error: unknown) => {
      options.log.warn({ err: error }, 'a delivery over Socket Mode could not be read');
    });
  });
  client.on('disconnected', () => {
    ended.resolve('lost');
    gone.resolve();
  });
  client.on('slack_event', options.onEnvelope);

  const close = async () => {
    const left = client.disconnect();
    await within(CLOSE_TIMEOUT_MS, Promise.race([left, gone.promise]), () => {
      // A second time takes no answer of the other side.
      client.disconnect().catch(ignoredOnClose);
    });
  };

  try {
    const opened = client.start();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await within(OPEN_TIMEOUT_MS, Promise.race([opened, aborted.promise]), () => {
        throw new Error(`Slack said no hello within ${OPEN_TIMEOUT_MS} ms`);
      });
    } finally {
      signal.removeEventListener('abort', abort);
      opened.catch(ignoredOnClose);
      aborted.promise.catch(ignoredOnClose);
    }
  } catch (error) {
    await close();
    throw error instanceof Error ? error : new Error('the connection was closed before Slack said hello');
  }
  return { ended: ended.promise, close };
}

function isDisconnect(data: unknown): boolean {
  if (typeof data !== 'string' || data.length > 2_000 || !data.includes('"disconnect"')) return false;
  return /^\s*\{.*"type"\s*:\s*"disconnect"/s.test(data) && !data.includes('"envelope_id"');
}

/** Waits at most `ms`, then does `late`. Leaves no timer behind. */
async function within(ms: number, event: Promise<unknown>, late: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms);
  });
  try {
    if ((await Promise.race([event, expired])) === 'late') late();
  } finally {
    clearTimeout(timer);
  }
}

/** Whoever closes does not care how the opening would have ended. */
function ignoredOnClose(): void {}

/** The SDK writes whole deliveries at its debug level: what people say stays out of the logs. */
function quiet(log: Logger): SlackLogger {
  const child = log.child({ part: 'socket-mode' });
  const note = (...parts: unknown[]) => child.debug(parts.map(String).join(' '));
  return {
    debug: () => undefined,
    info: note,
    warn: note,
    error: note,
    setLevel: () => undefined,
    getLevel: () => 'info' as never,
    setName: () => undefined,
  };
}
