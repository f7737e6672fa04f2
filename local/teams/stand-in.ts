import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { assertPressAnswer } from './card-rules.ts';
import { activityBy, messageBy } from './client.ts';
import { createConnectorApi, send, textOf } from './connector-api.ts';
import { createConversations } from './conversations.ts';
import { createDrive } from './drive.ts';
import { createFaults, type TeamsFault } from './faults.ts';
import { type BotFrameworkKey, type Claims, createKey, publicJwk, signToken } from './keys.ts';
import { createLogin } from './login.ts';
import { type Call, conversationOf, type Json, type Message, personNamed, TENANT } from './model.ts';
import { createThrottle } from './throttle.ts';

export interface TeamsStandInOptions {
  readonly appId: string;
  readonly appPassword: string;
  /** Where the bot listens: `http://127.0.0.1:3000/api/messages`. */
  readonly botUrl: () => string;
  /** The tenant that gives the bot its tokens. Default: that of multi-tenant bots. */
  readonly appTenant?: string;
  /** Whether personal chats take streams. Default true. */
  readonly streams?: boolean;
  /** Answer 429 beyond Teams' limits for a thread. Default false. */
  readonly throttled?: boolean;
  /** Waits before an activity is delivered again that was not answered with success. Default: 15 s, once. */
  readonly retryDelaysMs?: readonly number[];
  /** How long a stream may last. Default: two minutes. Milliseconds. */
  readonly streamLifeMs?: number;
  /** The largest message that it takes, pictures apart. Default: 28 KB. Bytes. */
  readonly messageLimit?: number;
  /** The address that bots are told to write to, where it leads here by a detour. */
  readonly serviceUrl?: string;
  /** Milliseconds; for ids, the life and pace of streams, limits. Tokens always use the wall clock. */
  readonly now?: () => number;
  /** How long calls that take effect late are late. Default: in real time, whatever `now` says. */
  readonly wait?: (ms: number) => Promise<void>;
}

export interface Delivered {
  readonly status: number;
  readonly body: string;
}

export interface Told extends Delivered {
  readonly message: Message;
  readonly activity: Json;
}

export type TeamsStandIn = Awaited<ReturnType<typeof createTeamsStandIn>>;

const ISSUER = 'https://api.botframework.com';
/** How long Teams waits for an answer. */
const ANSWER_WITHIN_MS = 15_000;

/**
 * Teams as a bot sees it: sends signed activities, gives tokens, and takes what the bot writes, by the rules of the real
 * service. Listens on 127.0.0.1.
 */
export async function createTeamsStandIn(options: TeamsStandInOptions) {
  const now = options.now ?? Date.now;
  const { appId, appPassword, appTenant = 'botframework.com', retryDelaysMs = [15_000] } = options;
  const bot = { id: `28:${appId}`, name: 'Cloud Engineer' };
  const keys: BotFrameworkKey[] = [createKey('the-key', ['msteams', 'webchat'])];
  const login = createLogin({ id: appId, password: appPassword, tenant: appTenant }, now);
  const faults = createFaults();
  const calls: Call[] = [];
  const watchers = new Set<() => void>();
  const closing = new AbortController();
  /** Deliveries that are to be made again. */
  const again = new Set<Promise<unknown>>();
  const listeners = new Set<(call: Call) => void>();
  let streams = options.streams ?? true;
  const conversations = createConversations(now, () => streams, options);
  const drive = createDrive(() => url);
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const connector = createConnectorApi({
    conversations,
    faults,
    admits: login.admits,
    throttle: createThrottle(options.throttled ?? false, now),
    now,
    wait: options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms).unref())),
    onCall: (call) => {
      calls.push(call);
      for (const hear of listeners) hear(call);
    },
    onChange: changed,
  });

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', url);
    const work = async () => {
      if (await drive.take(request, response, pathname)) return;
      if (pathname.startsWith('/amer/')) return connector(request, response, pathname.slice('/amer'.length));
      const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(pathname)?.[1];
      if (tenant !== undefined && request.method === 'POST') {
        const { status, body } = login.answer(tenant, new URLSearchParams(await textOf(request)));
        return send(response, status, body);
      }
      if (pathname === '/v1/.well-known/openidconfiguration')
        return send(response, 200, {
          issuer: ISSUER,
          jwks_uri: `${url}/v1/.well-known/keys`,
          id_token_signing_alg_values_supported: ['RS256'],
        });
      if (pathname === '/v1/.well-known/keys') return send(response, 200, { keys: keys.map(publicJwk) });
      return send(response, 404, { error: 'not found' });
    };
    work().catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { error: String(error) });
    });
  });
  let url = '';
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const serviceUrl = options.serviceUrl ?? `${url}/amer/`;

  /** A good token, with other claims, another key or another header where the test says so. */
  function token(
    claims: Claims = {},
    key: Pick<BotFrameworkKey, 'kid' | 'privateKey'> = first(keys),
    header: Claims = {},
  ) {
    const at = Math.floor(Date.now() / 1000);
    return signToken(
      { serviceurl: serviceUrl, nbf: at - 60, exp: at + 3_600, iss: ISSUER, aud: appId, ...claims },
      key,
      header,
    );
  }

  /** Sends an activity once. `authorization` undefined: a good token; empty: none. */
  async function deliver(activity: Json, authorization = `Bearer ${token()}`): Promise<Delivered> {
    const answer = await fetch(options.botUrl(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === '' ? {} : { authorization }) },
      body: JSON.stringify(activity),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return { status: answer.status, body: await answer.text() };
  }

  /** As Teams does: again when it was not answered with success. */
  async function deliverSurely(activity: Json, tries = 0): Promise<Delivered> {
    const fault = tries === 0 ? faults.takeDelivery() : undefined;
    if (fault === 'duplicate') redeliver(activity, 1, 0);
    const delivered = await deliver(activity).catch((error: unknown) => ({ status: 0, body: String(error) }));
    const waitMs = retryDelaysMs[tries];
    const taken = delivered.status >= 200 && delivered.status < 300 && fault !== 'lose_ack';
    const refused = delivered.status >= 400 && delivered.status < 500;
    if (!taken && !refused && waitMs !== undefined) redeliver(activity, tries + 1, waitMs);
    return delivered;
  }

  let redelivered = 0;
  function redeliver(activity: Json, tries: number, waitMs: number): void {
    redelivered += 1;
    const work = pause(waitMs, undefined, { signal: closing.signal, ref: false }).then(
      () => deliverSurely(activity, tries),
      // Everything is being closed.
      () => undefined,
    );
    again.add(work);
    void work.then(() => again.delete(work));
  }

  function placeOf(who: string, where: string, root: string) {
    const person = personNamed(who);
    const conversation = conversationOf(where === 'personal' ? who : where);
    if (!person || !conversation) throw new Error(`there is no ${who} in ${where}`);
    return { serviceUrl, bot, person, conversation, root };
  }

  return {
    url,
    serviceUrl,
    bot,
    tenant: TENANT,
    /** What the backend is to be told. */
    environment: {
      MICROSOFT_APP_ID: appId,
      MICROSOFT_APP_PASSWORD: appPassword,
      TEAMS_SERVICE_URL_HOSTS: new URL(url).host,
      TEAMS_FILE_HOSTS: new URL(url).host,
      TEAMS_LOGIN_URL: url,
      TEAMS_OPENID_METADATA_URL: `${url}/v1/.well-known/openidconfiguration`,
      ALLOWED_TEAMS_TENANTS: TENANT,
    },
    keys,
    /** Publishes another key, for some channels, and answers it. */
    addKey(kid: string, endorsements?: readonly string[]): BotFrameworkKey {
      const key = createKey(kid, endorsements);
      keys.push(key);
      return key;
    },
    token,
    login,
    calls: calls as readonly Call[],
    /** Tells of every call from now on, until the returned function is called. */
    listen(hear: (call: Call) => void): () => void {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    /** How often something was delivered again. */
    redelivered: () => redelivered,
    /** Resolves when no message waits to be delivered again. */
    async delivered(): Promise<void> {
      while (again.size > 0) await Promise.all(again);
    },
    faults: { add: (fault: TeamsFault) => faults.add(fault), clear: () => faults.clear() },
    setStreams(allowed: boolean) {
      streams = allowed;
    },
    messages: conversations.messages as readonly Message[],
    deliver,
    /** What the bot has written below a message of a person, in the same thread or chat, and not deleted. */
    repliesTo: ({ conversation, root, id }: Message): Message[] =>
      conversations.messages.filter(
        (one) =>
          one.from === 'bot' &&
          !one.deleted &&
          one.conversation === conversation &&
          one.root === root &&
          Number(one.id) > Number(id),
      ),
    /** A person writes: in `personal`, in `group`, or in the channel `cloud`, there in a thread where `root` names one. */
    async say(
      who: string,
      where: string,
      text: string,
      root = '',
      attachments: readonly Json[] = [],
    ): Promise<Told> {
      const place = placeOf(who, where, root);
      const message = conversations.write(place.person, place.conversation, text, root);
      const written = messageBy({ ...place, root: message.root }, message, new Date());
      const own = written.attachments as readonly Json[];
      const activity = { ...written, attachments: [...attachments, ...own] };
      return { message, activity, ...(await deliverSurely(activity)) };
    },
    /** Anything else that a person does, as `fields` of an activity. */
    async act(
      who: string,
      where: string,
      fields: Json,
      root = '',
    ): Promise<Delivered & { readonly activity: Json }> {
      const activity = { ...activityBy(placeOf(who, where, root), new Date()), id: `f:${now()}`, ...fields };
      const delivered = await deliver(activity);
      if (fields.name === 'adaptiveCard/action' && delivered.status === 200)
        assertPressAnswer(delivered.body);
      return { activity, ...delivered };
    },
    /** A person presses a button of a card. Answers what Teams is told to show. */
    async press(who: string, where: string, verb: string, data: Json, root = ''): Promise<Delivered> {
      const value = { action: { type: 'Action.Execute', verb, data }, trigger: 'manual' };
      return this.act(who, where, { type: 'invoke', name: 'adaptiveCard/action', value }, root);
    },
    drive,
    /** A person answers the question whether they want a file; `more`: what else the answer says. */
    async consent(who: string, { id, activity }: Message, action: 'accept' | 'decline', more: Json = {}) {
      const [card] = activity.attachments as readonly Json[];
      const { acceptContext, declineContext } = (card?.content ?? {}) as Json;
      const value = {
        type: 'fileUpload',
        action,
        context: action === 'accept' ? acceptContext : declineContext,
        ...(action === 'accept' ? { uploadInfo: drive.open(String(card?.name)) } : {}),
        ...more,
      };
      return this.act(who, 'personal', { type: 'invoke', name: 'fileConsent/invoke', replyToId: id, value });
    },
    /** A person presses Teams' own Stop below a message. */
    stop: (id: string): boolean => conversations.stop(id),
    /** Ends running streams now, as Teams ends them after two minutes. */
    endStreams: () => conversations.endStreams(),
    /** Resolves with the first truthy value of `look`, tried at every change. */
    async waitFor<T>(look: () => T, timeoutMs: number): Promise<NonNullable<T>> {
      const { promise, resolve, reject } = Promise.withResolvers<NonNullable<T>>();
      const watch = () => {
        const value = look();
        if (value) resolve(value);
      };
      const timer = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms`)), timeoutMs);
      watchers.add(watch);
      try {
        watch();
        return await promise;
      } finally {
        watchers.delete(watch);
        clearTimeout(timer);
      }
    },
    async close(): Promise<void> {
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error('there is no key');
  return one;
}
