import { randomBytes } from 'node:crypto';
import type { Router } from 'express';
import { createIdentityClient } from '../agentcore/identity-client.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Audit } from '../audit/recorder.ts';
import { chatActor } from '../chat/keys.ts';
import type { InboundMessage, Platform, Sender } from '../chat/vocabulary.ts';
import type { AccountAnswer, Asker } from '../commands/account.ts';
import {
  type AccountCommands,
  alsoLinked,
  createAccountCommands,
  tooManyLinks,
} from '../commands/account.ts';
import type { Config } from '../config.ts';
import type { ChatAccount } from '../identity/chat-account.ts';
import { createCognitoClient } from '../identity/cognito-client.ts';
import { failed, type Proposal } from '../identity/handshake.ts';
import { createIdentity, type Identity } from '../identity/identity.ts';
import { IdentityError } from '../identity/identity-error.ts';
import { createTokenVerifier } from '../identity/token-verifier.ts';
import { GUESTS_REFUSED, NOT_INVITED } from '../slack/whisper.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import { createSealer } from '../store/sealed.ts';
import { SealedError } from '../store/sealed-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AttachedFilesDeps, ReadFiles } from '../turns/attached-files.ts';
import type { Lanes } from '../turns/lanes.ts';
import { pause } from '../turns/pause.ts';
import type { RunsAs } from '../turns/runs-as.ts';
import type { ClaimedTurn } from '../turns/turn.ts';
import type { Wakes } from '../turns/wakes.ts';
import { createLinkRoutes } from '../web/link/link-routes.ts';
import { type Peoples, peopleOf, type ThreadMessage } from './platforms.ts';

export interface PeopleDeps {
  readonly config: Pick<Config, 'identity' | 'access' | 'web' | 'agent'>;
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined where no key is configured; then identity is off. */
  readonly dataKeys: DataKeys | undefined;
  readonly audit: Audit;
  /** Of every platform that the bot is in. What only waits is given up when `closing` aborts. */
  readonly peoples: (closing: AbortSignal) => Peoples;
  readonly lanes: Pick<Lanes, 'unpark'>;
  readonly wakes: Pick<Wakes, 'add'>;
  readonly metrics: Metrics;
  /** Whose company account somebody is has changed. */
  readonly onAccountChanged: (who: Sender) => Promise<void>;
  readonly log: Logger;
}

/** Whoever is told something waits for it: in English rather than late. */
const LANGUAGE_WITHIN_MS = 500;

type Refusal = Extract<AuditEvent, { type: 'access.refused' }>['reason'];

/** Who people are, and whether they may ask: put together of the identity, the chat and the agent's way to be called. */
export interface People {
  readonly identify: (turn: ClaimedTurn) => Promise<RunsAs>;
  readonly mayPass: (error: unknown) => boolean;
  readonly linkWaitMs: number;
  readonly account: AccountCommands;
  /** Undefined while identity is off. */
  readonly identity: Identity | undefined;
  /** The tokens of a company account, by a chat account that is linked to it; undefined where the agent takes none. */
  readonly bearerOf: (account: ChatAccount | undefined, sub: string) => (() => Promise<string>) | undefined;
  /** Whose sessions somebody may have; undefined: they are not signed in, or may not ask. */
  readonly actorOf: (asker: Asker) => Promise<string | undefined>;
  /** What they read then. */
  readonly invite: (asker: Asker) => Promise<AccountAnswer>;
  /** In which language to tell somebody why something was withheld (BCP 47); undefined: nobody could tell in time. */
  readonly languageOf: (platform: Platform, sender: Sender) => Promise<string | undefined>;
  /** What others said in the thread of a question. */
  readonly readThread: (message: InboundMessage) => Promise<readonly ThreadMessage[]>;
  /** What is attached to a question. Rejects only when the signal aborts. */
  readonly readFiles: ReadFiles;
  readonly tellUnread: AttachedFilesDeps['tell'];
  /** Puts on record that somebody wanted something of the bot who may not. */
  readonly noteRefusal: (platform: Platform, who: Sender, reason: Refusal) => void;
  /** What browsers need; undefined while identity is off. */
  readonly linkRoutes: Router | undefined;
  /** Gives up what only waits, and resolves when nothing is under way. */
  close(): Promise<void>;
}

export function composePeople(deps: PeopleDeps): People {
  const { config, audit, log } = deps;
  const closing = new AbortController();
  const peoples = deps.peoples(closing.signal);
  const chatOf = (message: InboundMessage) => peopleOf(peoples, message.key.platform).chat;
  const profileOf = (account: ChatAccount) => peopleOf(peoples, account.platform).profileOf(account);
  const agentcore = createIdentityClient(config.agent);
  const identity = config.identity.mode === 'off' ? undefined : identityOf(config.identity);

  function identityOf(settings: Extract<Config['identity'], { mode: 'required' }>): Identity {
    const { cognito, access, groups, email } = settings;
    const { publicUrl = '' } = config.web;
    if (!deps.dataKeys) throw new Error('identity needs keys: the configuration was to see to that');
    const now = () => Date.now();
    return createIdentity({
      ...deps,
      sealer: createSealer({ keys: deps.dataKeys, randomBytes }),
      client: createCognitoClient({ ...cognito, redirectUri: `${publicUrl}/link/callback` }),
      verifier: createTokenVerifier(cognito),
      completeConsent: agentcore.completeConsent,
      profileOf,
      askInChat: ({ account, place, id, email: address, username, differs }: Proposal) =>
        peopleOf(peoples, account.platform).chat.ask(account.id, place, id, address ?? username, differs),
      warn: async (person, another) => {
        const { name, workspace } = await profileOf(another);
        await peopleOf(peoples, person.platform).chat.write(
          person.id,
          person.tenant,
          alsoLinked(`${name} in ${workspace}`),
        );
      },
      onLinked: async (account) => {
        const wakes = await deps.lanes.unpark(account);
        // A wake that is not added does no harm: the sweeper finds the lane.
        for (let i = 0; i < wakes; i += 1)
          await deps.wakes.add().catch((error: unknown) => log.warn({ err: error }, 'a wake was not added'));
        await deps.onAccountChanged(account);
      },
      access: { groups, access },
      email,
      publicUrl,
      randomBytes,
      now,
      pause: (ms) => pause(ms, closing.signal),
      observe: { step: deps.metrics.linkStep, refreshed: deps.metrics.tokenRefreshed },
    });
  }

  /** A private word to whoever asked. Best effort: they may have left the channel. */
  const tell = async (message: InboundMessage, text: string): Promise<void> => {
    await chatOf(message)
      .tell(message.sender.id, message.key, text)
      .catch((error: unknown) => log.warn({ err: error }, 'a private explanation could not be shown'));
  };

  async function identify({ message }: ClaimedTurn): Promise<RunsAs> {
    const { key, sender } = message;
    // Whoever is named in the list is meant, whatever they are; and somebody from another company is let in as such.
    const named = config.access.users.ids.has(sender.id) || sender.tenant !== key.tenant;
    const { isGuest } = peopleOf(peoples, key.platform);
    if (!config.access.guests && !named && (await isGuest(key.tenant, sender)))
      return refused(message, 'guest', GUESTS_REFUSED);
    if (!identity) {
      return { kind: 'person', actor: { id: chatActor(message), name: '', groups: [] } };
    }
    const account: ChatAccount = { platform: key.platform, ...sender };
    const who = await identity.whoIs(account);
    switch (who.kind) {
      case 'linked': {
        const { sub, username, groups } = who.principal;
        return {
          kind: 'person',
          actor: { id: sub, name: username, groups: [...groups] },
          ...(config.agent.auth === 'jwt' ? { bearer: () => bearerOf(identity, account, sub) } : {}),
        };
      }
      case 'not_allowed':
        return refused(message, 'not_invited', NOT_INVITED);
      case 'unlinked':
        return {
          kind: 'unlinked',
          seen: who.found,
          invite: async () => {
            const url = await identity.invite(account, key);
            const chat = chatOf(message);
            if (failed(url)) return chat.tell(sender.id, key, tooManyLinks(url.retryAfterS ?? 0));
            await chat.invite(sender.id, key, url, who.signedOut);
          },
        };
      default:
        return who satisfies never;
    }
  }

  const noteRefusal = (platform: Platform, { tenant, id: user }: Sender, reason: Refusal): void =>
    audit.note({ type: 'access.refused', who: { kind: 'person', platform, tenant, user }, reason });

  function refused(message: InboundMessage, reason: 'guest' | 'not_invited', text: string): RunsAs {
    const { tenant, id } = message.sender;
    noteRefusal(message.key.platform, message.sender, reason === 'guest' ? 'guest' : 'person_not_allowed');
    log.warn({ reason, tenant, sender: id }, 'a question was refused');
    return { kind: 'refused', reason, tell: () => tell(message, text) };
  }

  const account = createAccountCommands(identity);
  const chatAccount = ({ key, sender }: Asker): ChatAccount => ({ platform: key.platform, ...sender });

  async function languageOf(platform: Platform, sender: Sender): Promise<string | undefined> {
    const told = new AbortController();
    const late = pause(LANGUAGE_WITHIN_MS, told.signal).catch(() => undefined);
    try {
      return (await Promise.race([peoples[platform]?.languageOf?.(sender), late])) ?? undefined;
    } catch (error) {
      log.warn({ err: error }, 'it could not be told which language somebody reads');
      return undefined;
    } finally {
      told.abort(new Error('it was told'));
    }
  }

  async function actorOf(asker: Asker): Promise<string | undefined> {
    if (!identity) return chatActor(asker);
    const who = await identity.whoIs(chatAccount(asker));
    return who.kind === 'linked' ? who.principal.sub : undefined;
  }

  async function invite(asker: Asker): Promise<AccountAnswer> {
    const who = await identity?.whoIs(chatAccount(asker));
    return who?.kind === 'not_allowed' ? account.whoami(asker) : account.link(asker);
  }

  return {
    identify,
    actorOf,
    invite,
    languageOf,
    mayPass: (error) =>
      error instanceof IdentityError ||
      error instanceof SealedError ||
      Object.values(peoples).some((people) => people.mayPass(error)),
    linkWaitMs: config.identity.mode === 'off' ? 0 : config.identity.linkWaitMs,
    account,
    identity,
    bearerOf: (account, sub) =>
      identity && account && config.agent.auth === 'jwt' ? () => bearerOf(identity, account, sub) : undefined,
    readThread: async (message) => (await peoples[message.key.platform]?.readThread?.(message)) ?? [],
    readFiles: async (message, signal) =>
      (await peoples[message.key.platform]?.readFiles?.(message, signal)) ?? { files: [], unread: [] },
    tellUnread: async (message, unread) => peoples[message.key.platform]?.tellUnread?.(message, unread),
    noteRefusal,
    linkRoutes: identity && createLinkRoutes({ identity, publicUrl: config.web.publicUrl ?? '', log }),
    async close() {
      closing.abort(new Error('the process is shutting down'));
      await identity?.settled();
      agentcore.close();
    },
  };
}

/**
 * The token of the moment: an exchange may begin long after the turn did. The session is that of `sub`: whoever has linked
 * their chat account to somebody else meanwhile must not be in it.
 */
async function bearerOf(identity: Identity, account: ChatAccount, sub: string): Promise<string> {
  const who = await identity.whoIs(account);
  if (who.kind === 'linked' && who.principal.sub === sub) return who.accessToken;
  throw new IdentityError('signed_out', 'The sign-in of the person has ended in the middle of their turn.');
}
