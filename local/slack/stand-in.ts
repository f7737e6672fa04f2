import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import express from 'express';
import { createControl } from './control.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { createHttpTransport, type Transport } from './delivery-transport.ts';
import { createEvents } from './events.ts';
import { createFaults, type Faults } from './faults.ts';
import { createFiles } from './files.ts';
import { createInteractions, type Interactions } from './interactions.ts';
import { refuseForeignPages } from './loopback-guard.ts';
import { readManifest, type Shortcut } from './manifest.ts';
import { assistantMethods } from './methods/assistant.ts';
import { chatMethods } from './methods/chat.ts';
import { conversationMethods } from './methods/conversations.ts';
import { fileMethods } from './methods/files.ts';
import { reactionMethods } from './methods/reactions.ts';
import { viewMethods } from './methods/views.ts';
import { workspaceMethods } from './methods/workspace.ts';
import type { Message } from './model.ts';
import { createPageServer } from './page-server.ts';
import { createPeople, type People, type PostOptions } from './people.ts';
import { createPosting } from './posting.ts';
import { createPresenter } from './present.ts';
import { createRateLimits } from './rate-limits.ts';
import { createResponseUrls } from './response-urls.ts';
import { createScopes } from './scopes.ts';
import { createSharedFiles, createUploadRoute } from './shared-files.ts';
import { createSocketMode, type SocketMode, type Sockets } from './socket-mode.ts';
import { type Change, createState, type WorkspaceState } from './state.ts';
import { createStreams } from './streams.ts';
import { createTriggers } from './triggers.ts';
import { createViewInteractions, type ViewInteractions } from './view-interactions.ts';
import { createViews } from './views.ts';
import { type Call, createWebApi, type Wait } from './web-api.ts';

export interface SlackStandInOptions {
  /** 0 (the default) takes a free port. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Where events, interactions and slash commands go: the app's one request URL. Not needed with `appToken`. */
  readonly eventsUrl?: string | (() => string);
  /** An app-level token (`xapp-…`) turns Socket Mode on: everything is delivered over WebSockets, nothing to `eventsUrl`. */
  readonly appToken?: string;
  /** The app's manifest: what it may call, hears, and offers. Default: the manifest.yml of this project. */
  readonly manifest?: string | URL;
  /** Bot scopes instead of the manifest's; `all` = whatever a method needs. */
  readonly scopes?: readonly string[] | 'all';
  /** Event subscriptions (`message.im`, `app_mention`) instead of the manifest's; `all` = everything there is. */
  readonly events?: readonly string[] | 'all';
  /** Shortcuts instead of the manifest's. */
  readonly shortcuts?: readonly Shortcut[];
  readonly signingSecret: string;
  readonly botToken: string;
  /** `slack`: answer 429 beyond the tier of each method. Default `off`. */
  readonly rateLimits?: 'slack' | 'off';
  /** Waits before the retries of an event that was not acknowledged. Default Slack's: at once, 1 min, 5 min. */
  readonly retryDelaysMs?: readonly number[];
  /** How long the app may take to acknowledge. Default Slack's 3 s. */
  readonly ackTimeoutMs?: number;
  /** What `chat.update` does to a message that still streams. Default Slack's: `streaming_state_conflict`. */
  readonly updateWhileStreaming?: 'refuse' | 'end';
  /** So many people besides the seed's: `user1`, `user2`, … in #cloud. Default 0. */
  readonly morePeople?: number;
  /** Milliseconds; for `ts`, stream lifetime, rate limits. Signatures always use the wall clock. */
  readonly now?: () => number;
  /** How planned delays of calls are waited for. Default: in real time, whatever `now` says. */
  readonly wait?: Wait;
}

export interface SlackStandIn {
  readonly url: string;
  readonly apiUrl: string;
  readonly pageUrl: string;
  readonly state: WorkspaceState;
  readonly people: People;
  /** What people do with the app's controls: buttons, commands, shortcuts, modals, the App Home. */
  readonly interactions: Interactions & ViewInteractions;
  /** The app's Socket Mode connections; undefined without `appToken`. */
  readonly sockets: Sockets | undefined;
  /** How many calls of each method were answered 429 for their tier. */
  readonly limited: ReadonlyMap<string, number>;
  /** Every call of the Web API, oldest first. */
  readonly calls: readonly Call[];
  readonly deliveries: Pick<Deliveries, 'records' | 'idle'>;
  readonly faults: Faults;
  /** Writes as a person. Resolves once the app has been offered the message. Throws when the person is not there. */
  postAs(user: string, channel: string, text: string, options?: PostOptions): Promise<{ ts: string }>;
  /** Root and replies in order; empty when there is no such thread. Channel by id, `#name`, or a DM's id. */
  thread(channel: string, ts: string): readonly Message[];
  /** Resolves with the first truthy value of `look`, tried at every change; rejects after `timeoutMs`. */
  waitFor<T>(look: (state: WorkspaceState) => T, timeoutMs: number): Promise<NonNullable<T>>;
  /** Hears of every change as it happens. Returns the function that ends the listening. */
  listen(listener: (change: Change) => void): () => void;
  /** Ends running streams now, as Slack ends them after five minutes. Returns their `ts`. */
  endStreams(where?: { readonly channel?: string; readonly ts?: string }): string[];
  /** Empties the workspace: messages, calls, faults, pending retries. */
  reset(): void;
  close(): Promise<void>;
}

const SLACK_RETRY_DELAYS_MS = [0, 60_000, 300_000];
const SLACK_ACK_TIMEOUT_MS = 3000;
const MAX_BODY = '2mb';
/** Longer than clients keep an idle connection, so that no request meets a closing one. */
const KEEP_ALIVE_MS = 120_000;

/** Starts a Slack workspace in this process, bound to loopback, with its Web API, deliveries, control API and page. */
export async function createSlackStandIn(options: SlackStandInOptions): Promise<SlackStandIn> {
  const now = options.now ?? Date.now;
  let url = '';
  const baseUrl = (): string => url;
  const manifest = readManifest(options.manifest);
  const shortcuts = options.shortcuts ?? manifest.shortcuts;

  const state = createState(now, options.morePeople);
  const scopes = createScopes(options.scopes ?? manifest.scopes, state);
  const faults = createFaults();
  const rateLimits = createRateLimits(options.rateLimits ?? 'off', now);
  const showsEmail = scopes.has('users:read.email');
  const presenter = createPresenter({ state, now, baseUrl, showsEmail });
  const { transport, sockets } = createTransport(options, baseUrl);
  const retryDelaysMs = options.retryDelaysMs ?? SLACK_RETRY_DELAYS_MS;
  const deliveries = createDeliveries({ transport, retryDelaysMs, faults });
  const subscribed = options.events ?? manifest.events;
  const events = createEvents({ state, deliveries, presenter, subscribed, now });
  const updateWhileStreaming = options.updateWhileStreaming ?? 'refuse';
  const posting = createPosting({ state, events, presenter, now, updateWhileStreaming });
  const streams = createStreams({ state, posting, events, presenter, faults, now });
  const files = createFiles({ state, posting, events, presenter, now, baseUrl });
  const people = createPeople({ state, events, presenter, posting, streams, files });
  const triggers = createTriggers({ state, now });
  const responses = createResponseUrls({ state, posting, now, baseUrl });
  const views = createViews({ state, triggers, now });
  const shared = { state, deliveries, people, triggers };
  const interactions = createInteractions({ ...shared, presenter, posting, responses, shortcuts });
  const viewInteractions = createViewInteractions({ ...shared, views });
  const webApi = createWebApi({
    methods: {
      ...chatMethods(posting, streams),
      ...assistantMethods(state, posting, now),
      ...conversationMethods(state, presenter),
      ...fileMethods(files),
      ...reactionMethods({ state, events, posting, presenter }),
      ...viewMethods(state, views),
      ...workspaceMethods({ state, presenter, issueSocketUrl: sockets?.issueUrl, baseUrl }),
    },
    botToken: options.botToken,
    appToken: options.appToken,
    scopes,
    faults,
    rateLimits,
    now,
    wait: options.wait ?? ((ms, signal) => pause(ms, undefined, { signal })),
  });
  const page = createPageServer({ state, presenter, offers: { ...manifest, shortcuts }, now });

  function reset(): void {
    deliveries.clear();
    faults.clear();
    rateLimits.clear();
    webApi.clear();
    state.reset();
  }

  const app = express();
  app.disable('x-powered-by');
  app.use(refuseForeignPages);
  app.use(createUploadRoute(files));
  app.use(express.text({ type: () => true, limit: MAX_BODY }));
  app.use('/api', webApi.router);
  app.use(
    '/control',
    createControl({
      state,
      people,
      interactions,
      viewInteractions,
      streams,
      sockets,
      deliveries,
      faults,
      rateLimits,
      calls: webApi.calls,
      reset,
    }),
  );
  const mayReadFiles = scopes.has('files:read');
  app.use(createSharedFiles({ state, responses, botToken: options.botToken, mayReadFiles }));
  app.use(page.router);

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);
  if (sockets !== undefined) server.on('upgrade', sockets.upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    apiUrl: `${url}/api/`,
    pageUrl: `${url}/`,
    state,
    people,
    interactions: { ...interactions, ...viewInteractions },
    sockets,
    limited: rateLimits.refused,
    endStreams: streams.endNow,
    calls: webApi.calls,
    deliveries,
    faults,
    postAs: people.post,
    thread(channel, ts) {
      const wanted = channel.replace(/^#/, '');
      const found = state.channels.find(
        (item) => item.id === wanted || (item.kind !== 'im' && item.name === wanted),
      );
      return found === undefined ? [] : state.thread(found.id, ts);
    },
    waitFor: (look, timeoutMs) => waitForChange(state, look, timeoutMs),
    listen: state.listen,
    reset,
    async close() {
      webApi.close();
      deliveries.close();
      sockets?.close();
      page.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Socket Mode when there is an app token, else the request URL. */
function createTransport(
  options: SlackStandInOptions,
  baseUrl: () => string,
): { readonly transport: Transport; readonly sockets: SocketMode | undefined } {
  const ackTimeoutMs = options.ackTimeoutMs ?? SLACK_ACK_TIMEOUT_MS;
  const { eventsUrl, signingSecret } = options;
  if (options.appToken !== undefined) {
    const sockets = createSocketMode({ baseUrl, ackTimeoutMs });
    return { transport: sockets, sockets };
  }
  if (eventsUrl === undefined) {
    throw new Error('The Slack stand-in needs eventsUrl (deliveries by HTTP) or appToken (Socket Mode)');
  }
  const address = typeof eventsUrl === 'string' ? () => eventsUrl : eventsUrl;
  return {
    transport: createHttpTransport({ eventsUrl: address, signingSecret, ackTimeoutMs }),
    sockets: undefined,
  };
}

function waitForChange<T>(
  state: ReturnType<typeof createState>,
  look: (state: WorkspaceState) => T,
  timeoutMs: number,
): Promise<NonNullable<T>> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      try {
        const value = look(state);
        if (!value) return;
        settle();
        resolve(value);
      } catch (error) {
        settle();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error(`The workspace did not reach the awaited state within ${timeoutMs} ms`));
    }, timeoutMs);
    const endListening = state.listen(check);
    function settle(): void {
      clearTimeout(timer);
      endListening();
    }
    check();
  });
}
