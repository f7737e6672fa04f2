import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type CognitoStandIn, createCognitoStandIn } from '../../../local/cognito/stand-in.ts';
import { createVisitor, type Visit, type Visitor } from '../../../local/laptop/visitor.ts';
import { createAuditKeys } from '../../../src/audit/audit-keys.ts';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { type Audit, createAudit } from '../../../src/audit/recorder.ts';
import type { ChatAccount } from '../../../src/identity/chat-account.ts';
import type { CognitoClientOptions } from '../../../src/identity/cognito-client.ts';
import type { ChatProfile, Proposal } from '../../../src/identity/handshake.ts';
import type { Identity, IdentityDeps } from '../../../src/identity/identity.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { type EncryptionKey, localDataKeys } from '../../../src/store/data-keys.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { K1 } from '../audit/rig.ts';
import { startScriptedPool } from './scripted-pool.ts';

const ROOT = join(import.meta.dirname, '../../..');
export const PLACE = { tenant: 'T1', conversation: 'C1', thread: '1.1' };

export interface RigOptions {
  /** The folder of another copy of the source. */
  readonly source?: string;
  /** `scripted`: a pool that answers whatever a test wants, in the place of the stand-in. */
  readonly pool?: 'cognito' | 'scripted';
  readonly cognito?: Partial<Parameters<typeof createCognitoStandIn>[0]>;
  readonly email?: 'any' | 'match';
  readonly access?: IdentityDeps['access'];
}

export interface ProcessOptions {
  readonly ring?: readonly EncryptionKey[];
  readonly audit?: (real: Audit) => Pick<Audit, 'record' | 'note'>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** The modules under attack, of this source or of a copy with a defect in it. */
async function load(source = ROOT) {
  const from = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(source, 'src', file)).href);
  return {
    ...((await from('identity/identity.ts')) as typeof import('../../../src/identity/identity.ts')),
    ...((await from(
      'identity/cognito-client.ts',
    )) as typeof import('../../../src/identity/cognito-client.ts')),
    ...((await from(
      'identity/token-verifier.ts',
    )) as typeof import('../../../src/identity/token-verifier.ts')),
    ...((await from('store/sealed.ts')) as typeof import('../../../src/store/sealed.ts')),
    ...((await from('web/link/link-routes.ts')) as typeof import('../../../src/web/link/link-routes.ts')),
    ...((await from('web/web-app.ts')) as typeof import('../../../src/web/web-app.ts')),
  };
}

let rigs = 0;

/**
 * Account links on a real Redis, behind real HTTP, in front of the Cognito stand-in. Of the chat there is only what it is
 * asked and answers.
 */
export async function startRig(options: RigOptions = {}) {
  rigs += 1;
  const keyPrefix = `{tc}:identity-rig-${rigs}`;
  const modules = await load(options.source);
  const closers: (() => Promise<unknown>)[] = [];
  const redisUrl = await testRedis();
  const redis = connect({ url: redisUrl, name: 'identity-rig' });
  closers.push(() => disconnect(redis));

  let handler: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handler(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const redirectUri = `${url}/link/callback`;

  const standIn =
    options.pool === 'scripted'
      ? undefined
      : await createCognitoStandIn({ callbackUrls: [redirectUri], logoutUrls: [], ...options.cognito });
  if (standIn) closers.push(() => standIn.close());
  const scripted = options.pool === 'scripted' ? await startScriptedPool() : undefined;
  if (scripted) closers.push(() => scripted.close());
  const pool = scripted ?? poolOf(standIn);

  /** What the chat has asked, in order. */
  const asked: Proposal[] = [];
  const unparked: ChatAccount[] = [];
  const steps: string[] = [];
  const events: AuditEvent[] = [];
  const logged: string[] = [];
  const profiles = new Map<string, ChatProfile>();
  const log = createLogger({ level: 'trace', destination: { write: (line) => void logged.push(line) } });
  const chat = { answersCalls: true, knowsPeople: true, unparks: true };

  /** One more process of the same deployment, with its own connection. */
  function openProcess({
    ring = [K1],
    audit: wrap = (real) => real,
    now = Date.now,
  }: ProcessOptions = {}): Identity {
    const own = connect({ url: redisUrl, name: 'identity-rig-process' });
    closers.push(() => disconnect(own));
    const dataKeys = localDataKeys(ring);
    const real = createAudit({
      redis: own,
      keyPrefix,
      keys: createAuditKeys(own, keyPrefix, localDataKeys([K1])),
      confirmDurable: async () => undefined,
      now: () => performance.now(),
      randomBytes,
      observe: () => undefined,
      log,
    });
    closers.push(() => real.settled());
    const audit = wrap(real);
    const identity = modules.createIdentity({
      redis: own,
      keyPrefix,
      sealer: modules.createSealer({ keys: dataKeys, randomBytes }),
      client: modules.createCognitoClient({ ...pool, identityProvider: undefined, redirectUri }),
      verifier: modules.createTokenVerifier(pool),
      profileOf: async (account) => {
        if (!chat.knowsPeople) throw new Error('the chat does not say who that is');
        return profileOf(account);
      },
      askInChat: async (proposal) => {
        if (!chat.answersCalls) throw new Error('the chat does not answer');
        asked.push(proposal);
      },
      warn: () => Promise.resolve(),
      onLinked: async (account) => {
        if (!chat.unparks) throw new Error('what waits could not be told');
        unparked.push(account);
      },
      access: options.access ?? {
        groups: { viewer: ['viewers'], operator: ['operators'], approver: ['approvers'], admin: ['admins'] },
        access: 'automatic',
      },
      email: options.email ?? 'any',
      publicUrl: url,
      randomBytes,
      now,
      pause: (ms) => pause(ms),
      observe: { step: (outcome) => steps.push(outcome), refreshed: (outcome) => steps.push(outcome) },
      completeConsent: async () => {
        throw new Error('no tool asks for consent here');
      },
      audit: {
        record: (event) => {
          events.push(event);
          return audit.record(event);
        },
        note: (event) => {
          events.push(event);
          audit.note(event);
        },
      },
      log,
    });
    closers.push(() => identity.settled());
    return identity;
  }

  /** In the chat everybody has the address that Cognito knows of the person of that name. */
  const profileOf = ({ id }: ChatAccount): ChatProfile => {
    const name = id.toLowerCase();
    return profiles.get(id) ?? { name, workspace: 'Acme', email: `${name.replace(/\d+/, '')}@example.com` };
  };

  function serve(identity: Identity): void {
    handler = modules.createWebApp({
      link: modules.createLinkRoutes({ identity, publicUrl: url, log }),
      notReady: async () => [],
      intake: async () => 'open',
      metrics: async () => '',
      trustedProxies: 1,
      log,
    });
  }

  const identity = openProcess();
  serve(identity);

  return {
    url,
    redisUrl,
    redis,
    keyPrefix,
    identity,
    asked,
    unparked,
    steps,
    events,
    logged,
    profiles,
    chat,
    openProcess,
    serve,
    get cognito(): CognitoStandIn {
      if (!standIn) throw new Error('this rig has a scripted pool');
      return standIn;
    },
    get pool() {
      if (!scripted) throw new Error('this rig has the stand-in');
      return scripted;
    },
    /** The address in a prompt that this account alone sees. */
    async invite(account: ChatAccount): Promise<string> {
      const invited = await identity.invite(account, PLACE);
      if (typeof invited !== 'string') throw new Error(invited.problem);
      return invited;
    },
    /** Whom an account is linked to, by the name at Cognito. */
    async linkOf(account: ChatAccount): Promise<string | undefined> {
      const who = await identity.whoIs(account);
      return who.kind === 'unlinked' ? undefined : who.principal.username;
    },
    /** The records of a kind. */
    records: (kind: string) => redis.keys(`${keyPrefix.replace('{', '\\{')}:${kind}:*`),
    async close(): Promise<void> {
      for (const step of closers.toReversed()) await step();
    },
  };
}

function poolOf(cognito: CognitoStandIn | undefined): PoolOptions {
  if (!cognito) throw new Error('there is no pool');
  const { region, userPoolId, clientId, clientSecret, url: domain, jwksUri } = cognito;
  return { region, userPoolId, clientId, clientSecret, domain, jwksUri };
}

type PoolOptions = Omit<CognitoClientOptions, 'identityProvider' | 'redirectUri'> & {
  readonly jwksUri: string;
};

let accounts = 0;
/** A chat account that no other test has used. */
export function newAccount(name: string): ChatAccount {
  accounts += 1;
  return { platform: 'slack', tenant: 'T1', id: `${name.toUpperCase()}${accounts}` };
}

export const newBrowser = (): Visitor => createVisitor();

/** Goes to the address, and signs in where the hosted UI asks for it; answers the page that comes then. */
export async function signIn(rig: Rig, url: string, username: string, browser: Visitor): Promise<Visit> {
  const page = await browser.open(url);
  return enterPassword(rig, page, username, browser);
}

export async function enterPassword(
  rig: Rig,
  page: Visit,
  username: string,
  browser: Visitor,
): Promise<Visit> {
  if (!page.text.includes('name="password"')) return page;
  const person = rig.cognito.users.find((each) => each.username === username);
  return browser.submit(page, { username, password: person?.password ?? '' });
}

/** Signs in, but does not go back to us: answers the address that the browser was sent to. */
export async function signInAndKeepTheCode(
  rig: Rig,
  url: string,
  username: string,
  browser: Visitor,
): Promise<URL> {
  const stopping = createVisitor(`${rig.url}/link/callback`);
  for (const [name, cookie] of browser.cookies) stopping.cookies.set(name, cookie);
  const page = await stopping.open(url);
  const end = await enterPassword(rig, page, username, stopping);
  for (const [name, cookie] of stopping.cookies) browser.cookies.set(name, cookie);
  return new URL(end.url);
}

/** The browser's cookie of ours. */
export const COOKIE = '__Host-threadcore_link';
export const cookieOf = (browser: Visitor): string => browser.cookies.get(`${COOKIE}@/`)?.value ?? '';

/** What a page asks to confirm. */
export const proposalIn = (page: Visit): string =>
  /name="proposal" value="([^"]*)"/.exec(page.text)?.[1] ?? '';

/** The whole way, by one person who wants it. */
export async function linkUp(
  rig: Rig,
  account: ChatAccount,
  username: string,
  browser = newBrowser(),
): Promise<void> {
  const before = rig.asked.length;
  const page = await signIn(rig, await rig.invite(account), username, browser);
  await browser.submit(page, { decision: 'yes' });
  const question = rig.asked.slice(before).find((each) => each.account.id === account.id);
  if (!question) throw new Error(`${account.id} was not asked in the chat (${page.status})`);
  const answer = await rig.identity.answer(question.id, account, true);
  if (answer.kind !== 'linked') throw new Error(`${account.id} was not linked: ${JSON.stringify(answer)}`);
}

/** Redis' own clock does the rest. */
export async function letExpire(rig: Rig, kind: string): Promise<void> {
  const names = await rig.records(kind);
  if (names.length === 0) throw new Error(`there is no ${kind} to expire`);
  for (const name of names) await rig.redis.pexpire(name, 1);
  await eventually(`every ${kind} has expired`, async () => (await rig.records(kind)).length === 0);
}
