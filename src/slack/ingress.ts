import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSlackApp, type SlackAppDeps } from './app.ts';
import { createSlackReceiver } from './receiver.ts';
import { createSocketModeReceiver } from './socket-mode.ts';

export interface SlackIngressDeps extends Omit<SlackAppDeps, 'receiver' | 'closing'> {
  /** Set: Socket Mode. */
  readonly appToken: string | undefined;
  /** Needed without Socket Mode. */
  readonly signingSecret: string | undefined;
  /** Ends with a slash. */
  readonly apiUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly monotonic: () => number;
  readonly random: () => number;
  /** From a delivery to its acknowledgement, in milliseconds. */
  readonly onHandled: (ms: number) => void;
  readonly onRequestRefused: (why: string) => void;
}

export interface SlackIngress {
  /** Answers `POST /slack/events`; undefined with Socket Mode, where nothing may come in that way. */
  readonly handle: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined;
  /** Why nothing can come in right now; empty = all is well. */
  notReady(): readonly string[];
  /** Takes nothing more over Socket Mode, and waits for what goes on after acknowledgements. */
  close(): Promise<void>;
}

/** Slack's way in: the Bolt app over HTTP, or over Socket Mode when there is an app-level token. */
export function createSlackIngress(deps: SlackIngressDeps): SlackIngress {
  const closing = new AbortController();
  const shutDown = () => closing.abort(new Error('the process is shutting down'));
  const { appToken, log, onHandled, monotonic } = deps;

  if (appToken !== undefined) {
    const { apiUrl, pause, random } = deps;
    const socket = createSocketModeReceiver({
      appToken,
      apiUrl,
      pause,
      random,
      now: monotonic,
      onHandled,
      log,
    });
    const app = createSlackApp({ ...deps, receiver: socket, closing: closing.signal });
    void socket.start();
    return {
      handle: undefined,
      notReady: () => (socket.connected() ? [] : ['there is no connection to Slack (Socket Mode)']),
      async close() {
        await socket.stop();
        shutDown();
        await app.idle();
      },
    };
  }

  const { signingSecret = '', now, onRequestRefused: onRefused } = deps;
  const receiver = createSlackReceiver({ signingSecret, now, onRefused, log });
  const app = createSlackApp({ ...deps, receiver, closing: closing.signal });
  return {
    async handle(request, response) {
      const began = monotonic();
      await receiver.handle(request, response);
      onHandled(monotonic() - began);
    },
    notReady: () => [],
    async close() {
      shutDown();
      await app.idle();
    },
  };
}
