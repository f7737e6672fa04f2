import type { AuditEvent, Subject } from '../audit/events.ts';
import type { Audit } from '../audit/recorder.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Attempts, createAttempts, networkOf } from './attempts.ts';
import { type ChatAccount, type Place, writeAccount } from './chat-account.ts';
import type { CognitoClient } from './cognito-client.ts';
import { forgetBegun } from './forget-begun.ts';
import { createFreshTokens, type FreshTokensDeps } from './fresh-tokens.ts';
import {
  createHandshake,
  type Failed,
  failed,
  type HandshakeDeps,
  type HandshakeProblem,
  type Proposal,
} from './handshake.ts';
import { IdentityError } from './identity-error.ts';
import { createLinkViews } from './link-views.ts';
import { createLinks, type Link, type LinksDeps } from './links.ts';
import { may, type Principal, type Role, rolesOf } from './principal.ts';
import { type Consented, createResourceConsent, type ResourceConsentDeps } from './resource-consent.ts';

export interface IdentityDeps
  extends Omit<HandshakeDeps, 'attempts' | 'client' | 'onUnused'>,
    Omit<LinksDeps, 'sealer' | 'redis' | 'keyPrefix'>,
    Omit<FreshTokensDeps, 'links' | 'client' | 'onSignedOut' | 'observe'> {
  readonly client: CognitoClient;
  readonly completeConsent: ResourceConsentDeps['completeConsent'];
  readonly audit: Pick<Audit, 'record' | 'note'>;
  /** The address under which browsers reach the web role. No slash at the end. */
  readonly publicUrl: string;
  /** Asks the person in the chat whether it was they who signed in. */
  readonly askInChat: (proposal: Proposal) => Promise<void>;
  /** Tells a person in private that another chat account acts as them now, too. */
  readonly warn: (person: ChatAccount, another: ChatAccount) => Promise<void>;
  /** The account is linked now: whatever waits for that may go on. Nothing may wait, and it may be told again. */
  readonly onLinked: (account: ChatAccount) => Promise<void>;
  readonly observe: {
    /** A step of the handshake: started, confirmed, linked, or why it came to nothing. */
    step(outcome: string): void;
    refreshed(outcome: string): void;
  };
  readonly log: Logger;
}

/** A field of a record in Redis, by its name behind the key prefix, as it was seen; empty: it was not there. */
export interface Seen {
  readonly record: string;
  readonly field: string;
  readonly value: string;
}

/** Who somebody in the chat is. */
export type Who =
  | {
      readonly kind: 'linked';
      readonly principal: Principal;
      readonly roles: readonly Role[];
      /** Cognito's access token, good for now. Never log it. */
      readonly accessToken: string;
    }
  /** `found`: what was looked at, for whoever waits until it is another. */
  | { readonly kind: 'unlinked'; readonly signedOut: boolean; readonly found: Seen }
  /** Linked, and in no group that may ask anything. */
  | { readonly kind: 'not_allowed'; readonly principal: Principal };

export type Identity = ReturnType<typeof createIdentity>;

/** Chat accounts and the Cognito identities that they are linked to. */
export function createIdentity(deps: IdentityDeps) {
  const { redis, keyPrefix, audit, observe, access, log } = deps;
  const attempts: Attempts = createAttempts(redis, keyPrefix);
  const links = createLinks(deps);
  const onUnused = (refreshToken: string) => later(revoke(refreshToken));
  const handshake = createHandshake({ ...deps, attempts, onUnused });
  const tokens = createFreshTokens({
    ...deps,
    links,
    observe: observe.refreshed,
    onSignedOut: (sub) => {
      log.info('a sign-in has ended at Cognito; the person is asked to sign in again');
      audit.note({ type: 'link.removed', who: SYSTEM, whom: accountSubject(sub), cause: 'revoked' });
    },
  });

  const underWay = new Set<Promise<unknown>>();
  /** Nobody waits for it, but a process that ends. */
  const later = (work: Promise<unknown>): void => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  /** Best effort: nobody but Cognito has the token any more. Never throws. */
  async function revoke(refreshToken: string): Promise<boolean> {
    try {
      await deps.client.revoke(refreshToken);
      return true;
    } catch (error) {
      log.warn({ err: error }, 'a refresh token could not be revoked; it ends by its own time');
      return false;
    }
  }

  const consents = createResourceConsent({ ...deps, attempts, onUnused });

  function decline(account: ChatAccount, link: Link): void {
    observe.step('declined');
    audit.note({ type: 'sign_in.failed', who: person(account), from: UNKNOWN, reason: 'not_confirmed' });
    later(revoke(link.refresh));
  }

  /** Whoever is linked to the same account hears of a new one: somebody may have been talked into it. Never throws. */
  async function warnOthers(account: ChatAccount, link: Link): Promise<void> {
    const mine = writeAccount(account);
    try {
      const others = (await links.accountsOf(link.sub)).filter((other) => writeAccount(other) !== mine);
      for (const other of others.slice(0, MOST_WARNED)) await deps.warn(other, account);
    } catch (error) {
      log.warn({ err: error }, 'the other chat accounts of a person could not be told of a new one');
    }
  }

  return {
    /** @throws IdentityError and SealedError when it cannot be told for now. */
    async whoIs(account: ChatAccount): Promise<Who> {
      const record = await tokens.of(account);
      if (record.state !== 'linked') {
        const found = { record: links.nameOf(account), field: 'rev', value: record.rev };
        return { kind: 'unlinked', signedOut: record.state === 'signed_out', found };
      }
      const { link } = record;
      const principal = principalOf(link);
      const roles = rolesOf(principal, access);
      if (!may('ask', roles)) {
        audit.note({
          type: 'role.decided',
          who: person(account),
          action: 'ask',
          roles: [...roles],
          allowed: false,
        });
        return { kind: 'not_allowed', principal };
      }
      return { kind: 'linked', principal, roles, accessToken: link.access };
    },

    /** The address at which this chat account, and nobody else, can sign in within ten minutes. */
    async invite(account: ChatAccount, place: Place): Promise<string | Failed> {
      const ticket = await handshake.issue(account, place);
      if (failed(ticket)) return ticket;
      observe.step('invited');
      return `${deps.publicUrl}/link/start?ticket=${ticket}`;
    },

    newBrowser: handshake.newBrowser,
    isBrowser: handshake.isSecret,

    async start(ticket: string, browser: string, language?: string): Promise<string | Failed> {
      const result = await handshake.start(ticket, browser, language);
      if (!failed(result)) observe.step('started');
      return result;
    },

    async callback(parameters: URLSearchParams, browser: string | undefined): Promise<Proposal | Failed> {
      const result = await handshake.callback(parameters, browser);
      if (!failed(result)) {
        observe.step('signed_in');
        const { account, sub } = result;
        audit.note({ type: 'sign_in.succeeded', who: person(account), account: accountSubject(sub) });
      }
      return result;
    },

    isConsentSession: consents.isSession,

    /** The browser comes from a resource, where its person let a tool of the agent act for them. */
    async beginConsent(
      sessionUri: string,
      from: Parameters<typeof consents.begin>[1],
    ): Promise<string | Failed> {
      const result = await consents.begin(sessionUri, from);
      if (!failed(result)) observe.step('consent_started');
      return result;
    },

    /** Undefined: the state is none of a consent. */
    async finishConsent(
      parameters: URLSearchParams,
      browser: string | undefined,
    ): Promise<Consented | Failed | undefined> {
      const result = await consents.callback(parameters, browser);
      if (result?.kind === 'consented') observe.step('consented');
      return result;
    },

    /**
     * What the person said on the page. Nothing is linked by it: `deps.askInChat` asks whether it was they. Throws what
     * that throws; then the page can be answered again.
     */
    async confirm(id: string, browser: string | undefined, yes: boolean): Promise<Proposal | Failed> {
      const result = await handshake.confirm(id, browser, yes);
      if (failed(result)) return result;
      const { proposal, link } = result;
      if (!yes) {
        decline(proposal.account, link);
        return proposal;
      }
      try {
        await deps.askInChat(proposal);
      } catch (error) {
        await handshake.reopen(id);
        throw error;
      }
      observe.step('confirmed');
      return proposal;
    },

    /** What the person said in the chat. Yes links the two, once it is on record. Answers the name of the account. */
    async answer(
      id: string,
      account: ChatAccount,
      yes: boolean,
    ): Promise<Failed | { readonly kind: 'linked' | 'declined'; readonly name: string }> {
      const link = await handshake.answer(id, account);
      if (failed(link)) {
        await remember(link, UNKNOWN);
        // Perhaps it was answered before, and what waits for it was not told: then a second press does that.
        if ((await links.read(account)).state === 'linked') await deps.onLinked(account);
        return link;
      }
      const name = link.email ?? link.username;
      if (!yes) {
        decline(account, link);
        return { kind: 'declined', name };
      }
      const before = await links.read(account);
      await audit.record({ type: 'link.created', who: person(account), account: accountSubject(link.sub) });
      await links.save(account, '*', link);
      observe.step('linked');
      log.info({ platform: account.platform, tenant: account.tenant }, 'a chat account was linked');
      if (before.state === 'linked') {
        audit.note({
          type: 'link.removed',
          who: person(account),
          whom: accountSubject(before.link.sub),
          cause: 'replaced',
        });
        later(revoke(before.link.refresh));
      }
      later(warnOthers(account, link));
      await deps.onLinked(account);
      return { kind: 'linked', name };
    },

    /** Forgets the link and ends its tokens at Cognito. `revoked` false: Cognito could not be told. */
    async unlink(account: ChatAccount): Promise<{ readonly was: boolean; readonly revoked: boolean }> {
      const before = await links.read(account);
      if (before.state === 'none') return { was: false, revoked: true };
      const sub = before.state === 'linked' ? before.link.sub : before.sub;
      await audit.record({
        type: 'link.removed',
        who: person(account),
        whom: accountSubject(sub),
        cause: 'asked',
      });
      await links.erase(account);
      observe.step('unlinked');
      return { was: true, revoked: before.state === 'linked' ? await revoke(before.link.refresh) : true };
    },

    ...createLinkViews(links),

    /**
     * As `unlink`, for a person who is being forgotten: what was begun goes, too. `evenSo`: also where Cognito cannot be
     * told; else that is thrown, and the link is still there. Answers whether there was a link.
     */
    async forget(account: ChatAccount, evenSo: boolean): Promise<boolean> {
      await forgetBegun({ redis, keyPrefix }, account);
      const before = await links.read(account);
      if (before.state === 'none') return false;
      const sub = before.state === 'linked' ? before.link.sub : before.sub;
      if (before.state === 'linked' && !(await revoke(before.link.refresh)) && !evenSo)
        throw new IdentityError('provider_unreachable', 'Cognito could not be told to end a sign-in.');
      audit.note({ type: 'link.removed', who: person(account), whom: accountSubject(sub), cause: 'erased' });
      await links.erase(account);
      observe.step('forgotten');
      return true;
    },

    /** Resolves when nothing is under way any more that nobody waits for. */
    async settled(): Promise<void> {
      await Promise.all(underWay);
    },

    /** Counts what went wrong, and puts it on record. Answers whether there was too much of it from this address. */
    async failedFrom(result: Failed, ip: string) {
      const { account, problem } = result;
      const ofNobody = account === undefined && problem !== 'unavailable';
      const flood = ofNobody && (await attempts.failedByNobody()).tooMany;
      await remember(result, flood ? UNKNOWN : { kind: 'address', ip: networkOf(ip) });
      if (problem === 'unavailable') return { tooMany: false, retryAfterS: 0 };
      const standing = await (flood ? attempts.standingFrom(ip) : attempts.failedFrom(ip));
      if (standing.tooMany && problem !== 'too_many_attempts')
        await remember(
          { kind: 'problem', problem: 'too_many_attempts' },
          { kind: 'address', ip: networkOf(ip) },
        );
      return standing;
    },
  };

  /** What went wrong is counted, and put on record; the same again within ten minutes is not. */
  async function remember({ account, problem, cause }: Failed, from: Subject): Promise<void> {
    observe.step(problem);
    log.warn({ problem, err: cause }, 'a step of an account link came to nothing');
    if (problem === 'unavailable') return;
    const who = account ? person(account) : UNKNOWN;
    audit.note({ type: 'sign_in.failed', who, from, reason: AUDIT_REASONS[problem] });
    if (account) await attempts.failedBy(account);
  }
}

/** Nobody has more chat accounts than these. */
const MOST_WARNED = 10;

const SYSTEM: Subject = { kind: 'system' };
const UNKNOWN: Subject = { kind: 'unknown' };
const person = ({ platform, tenant, id }: ChatAccount): Subject => ({
  kind: 'person',
  platform,
  tenant,
  user: id,
});
const accountSubject = (sub: string): Subject => ({ kind: 'account', provider: 'cognito', sub });

type SignInFailure = Extract<AuditEvent, { type: 'sign_in.failed' }>['reason'];
const AUDIT_REASONS: Record<Exclude<HandshakeProblem, 'unavailable'>, SignInFailure> = {
  ticket_unknown: 'ticket_unknown',
  ticket_used: 'ticket_used',
  other_browser: 'other_browser',
  other_person: 'other_person',
  state_unknown: 'state_wrong',
  already_confirmed: 'ticket_used',
  provider_refused: 'provider_refused',
  code_refused: 'code_refused',
  token_invalid: 'token_invalid',
  not_invited: 'other_account',
  email_differs: 'other_account',
  too_many_attempts: 'too_many_attempts',
  other_account: 'other_account',
  consent_unknown: 'ticket_unknown',
};

function principalOf({ sub, username, email, groups }: Link): Principal {
  return { sub, username, ...(email === undefined ? {} : { email }), groups };
}
