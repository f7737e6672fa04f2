import type { Receiver } from '@slack/bolt';
import type { Logger } from '../telemetry/logger.ts';
import type { Pause } from '../turns/pace.ts';
import { createDispatch } from './dispatch.ts';
import { type Envelope, openSocket, type SocketConnection } from './socket-mode-connection.ts';

const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 30_000;
/** A connection that lived for so long was sound: its end is no reason to wait before the next. */
const SOUND_MS = 10_000;
/** What was taken before the end is brought to its acknowledgement, for so long at most. */
const DRAIN_MS = 5_000;

export interface SocketModeDeps {
  readonly appToken: string;
  /** Ends with a slash. */
  readonly apiUrl: string;
  readonly pause: Pause;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** 0 (inclusive) to 1. */
  readonly random: () => number;
  /** How long a delivery took to its acknowledgement, in milliseconds. */
  readonly onHandled: (ms: number) => void;
  readonly log: Logger;
}

export interface SocketModeReceiver extends Receiver {
  /** Connects in the background, and again whenever the connection ends. */
  start(): Promise<void>;
  /** Takes nothing more, acknowledges what is under way, and leaves. */
  stop(): Promise<void>;
  connected(): boolean;
}

/**
 * Bolt's receiver over Socket Mode: what `POST /slack/events` is over HTTP. A delivery is acknowledged after its
 * listeners have ended; one that could not be stored is not, and Slack delivers it again, to any of the app's
 * connections. Slack asks for a new connection every few hours; the next is opened before the old one has closed.
 */
export function createSocketModeReceiver(deps: SocketModeDeps): SocketModeReceiver {
  const { log } = deps;
  const { init, dispatch } = createDispatch(log);
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  const connections = new Set<SocketConnection>();
  let current: SocketConnection | undefined;
  let running: Promise<void> | undefined;

  const take = async (envelope: Envelope) => {
    const began = deps.now();
    const result = await dispatch(envelope.body, {
      ...(envelope.retry_num === undefined ? {} : { retryNum: envelope.retry_num }),
      ...(envelope.retry_reason === undefined ? {} : { retryReason: envelope.retry_reason }),
    });
    deps.onHandled(deps.now() - began);
    if (result.outcome !== 'handled') return;
    try {
      const value = envelope.accepts_response_payload ? result.acknowledgement : undefined;
      await envelope.ack(value as Record<string, unknown> | string | undefined);
    } catch (error) {
      // The connection has gone meanwhile. Slack delivers again, and finds it done.
      log.info({ err: error }, 'a delivery could not be acknowledged');
    }
  };

  const onEnvelope = (envelope: Envelope) => {
    // Not taken and not acknowledged: Slack hands it to another process.
    if (closing.signal.aborted) return;
    const work = take(envelope).finally(() => underWay.delete(work));
    underWay.add(work);
  };

  /** Closes a connection that is over, beside whatever comes next. */
  const retire = (connection: SocketConnection) => {
    connection
      .close()
      .catch((error: unknown) => log.debug({ err: error }, 'a connection did not close in order'))
      .finally(() => connections.delete(connection));
  };

  /** Lives through one connection. True: the next may be opened at once. */
  const liveOnce = async (): Promise<boolean> => {
    const { appToken, apiUrl } = deps;
    const connection = await openSocket({ appToken, apiUrl, onEnvelope, signal: closing.signal, log });
    connections.add(connection);
    current = connection;
    const since = deps.now();
    log.info('connected to Slack (Socket Mode)');
    const why = await Promise.race([connection.ended, aborted(closing.signal)]);
    current = undefined;
    if (why === 'closing') return true;
    retire(connection);
    const sound = why === 'asked' || deps.now() - since > SOUND_MS;
    log.info({ why }, 'the connection to Slack has ended; opening the next');
    return sound;
  };

  const keepConnected = async () => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        failures = (await liveOnce()) ? 0 : failures + 1;
      } catch (error) {
        if (closing.signal.aborted) return;
        failures += 1;
        log.error(
          { err: error },
          'no connection to Slack (Socket Mode); is SLACK_APP_TOKEN right, and Slack reachable? Trying again',
        );
      }
      if (failures === 0) continue;
      const wait = Math.min(BACKOFF_FIRST_MS * 2 ** (failures - 1), BACKOFF_MAX_MS);
      // The only reason not to wait to the end is the end of all.
      await deps.pause(wait * (0.5 + deps.random() / 2), closing.signal).catch(() => undefined);
    }
  };

  return {
    init,
    connected: () => current !== undefined,
    async start() {
      running ??= keepConnected();
    },
    async stop() {
      closing.abort(new Error('the process is shutting down'));
      await drained(underWay, DRAIN_MS);
      await Promise.all([...connections].map((connection) => connection.close()));
      await running;
    },
  };
}

function aborted(signal: AbortSignal): Promise<'closing'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('closing');
    else signal.addEventListener('abort', () => resolve('closing'), { once: true });
  });
}

async function drained(work: ReadonlySet<Promise<void>>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([Promise.allSettled(work), limit]);
  clearTimeout(timer);
}
