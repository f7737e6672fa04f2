import { z } from 'zod';
import { nameOf } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer } from '../store/sealed.ts';
import type { Attempts } from './attempts.ts';
import {
  type ChatAccount,
  type Place,
  readAccount,
  readPlace,
  sealOwner,
  writeAccount,
  writePlace,
} from './chat-account.ts';
import type { CognitoClient } from './cognito-client.ts';
import { IdentityError } from './identity-error.ts';
import type { Link } from './links.ts';
import { CONFIRM, KEEP, REOPEN, START, TAKE_FLOW, TAKE_PROPOSAL } from './lua.ts';
import { type AccessRules, rolesOf } from './principal.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** From the prompt to the confirmation in the browser, and from there to the one in the chat. */
export const TICKET_TTL_S = 600;
const SECRET = /^[\w-]{43}$/;
const VERSION = 1;

/** Who somebody is in the chat, for the page that asks. */
export interface ChatProfile {
  readonly name: string;
  readonly workspace: string;
  /** Where the chat tells it. */
  readonly email?: string;
}

/** Why a step of the handshake came to nothing. */
export type HandshakeProblem =
  | 'ticket_unknown'
  | 'ticket_used'
  | 'other_browser'
  | 'other_person'
  | 'state_unknown'
  | 'already_confirmed'
  | 'provider_refused'
  | 'code_refused'
  | 'token_invalid'
  | 'not_invited'
  | 'email_differs'
  | 'too_many_attempts'
  | 'unavailable'
  // Of a consent to a tool (`resource-consent.ts`).
  | 'other_account'
  | 'consent_unknown';

export type Failed = {
  readonly kind: 'problem';
  readonly problem: HandshakeProblem;
  /** Whose handshake it was, where that is known. */
  readonly account?: ChatAccount;
  readonly retryAfterS?: number;
  /** For the log. */
  readonly cause?: unknown;
};

export interface Proposal {
  readonly id: string;
  readonly account: ChatAccount;
  readonly place: Place;
  readonly profile: ChatProfile;
  readonly sub: string;
  readonly username: string;
  readonly email?: string;
  /** The chat's e-mail address is another one than Cognito's. */
  readonly differs: boolean;
}

export interface Opened {
  readonly proposal: Proposal;
  readonly link: Link;
}

export interface HandshakeDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly sealer: Sealer;
  readonly client: Pick<CognitoClient, 'authorizeUrl' | 'exchange'>;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly attempts: Pick<Attempts, 'ticket' | 'standingOf'>;
  readonly profileOf: (account: ChatAccount) => Promise<ChatProfile>;
  readonly access: AccessRules;
  /** match: only an account with the e-mail address that the chat shows. */
  readonly email: 'any' | 'match';
  readonly randomBytes: (size: number) => Uint8Array;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const flowSchema = z.object({ nonce: z.string(), verifier: z.string() });
const proposalSchema = z.object({
  link: z.custom<Link>((value) => typeof value === 'object' && value !== null),
  profile: z.object({ name: z.string(), workspace: z.string(), email: z.string().optional() }),
  differs: z.boolean(),
});

/**
 * The steps from a prompt in the chat to a link: ticket → sign-in → confirmation in the browser → confirmation in the
 * chat. Each is done once. A ticket belongs to one chat account and to the browser that first uses it; what Cognito
 * answers waits, sealed, until both have confirmed. `docs/decisions/0012-account-link.md` has the threats.
 */
export function createHandshake(deps: HandshakeDeps) {
  const { redis, keyPrefix, sealer, now } = deps;
  const script = (source: string) => defineScript(source, keyPrefix);
  const [keep, start, takeFlow, confirm, reopen, takeProposal] = [
    script(KEEP),
    script(START),
    script(TAKE_FLOW),
    script(CONFIRM),
    script(REOPEN),
    script(TAKE_PROPOSAL),
  ] as const;
  const secret = () => Buffer.from(deps.randomBytes(32)).toString('base64url');
  /** Redis knows secrets by their digests only. */
  const hashed = (kind: string, value: string) => nameOf([kind, value]);

  return {
    /** A new secret for a browser. */
    newBrowser: secret,
    isSecret: (text: string | undefined): text is string => text !== undefined && SECRET.test(text),

    /** A ticket for one chat account, to be given to nobody else. Undefined: this account has had too many. */
    async issue(account: ChatAccount, place: Place): Promise<string | Failed> {
      const { tooMany, retryAfterS } = await deps.attempts.ticket(account);
      if (tooMany) return { kind: 'problem', problem: 'too_many_attempts', account, retryAfterS };
      const ticket = secret();
      const fields = ['person', writeAccount(account), 'place', writePlace(place)];
      await keep(redis, ['ticket', hashed('ticket', ticket), TICKET_TTL_S, ...fields]);
      return ticket;
    },

    /** The browser opens the link of the prompt. Answers where to send it. */
    async start(ticket: string, browser: string, language?: string): Promise<string | Failed> {
      if (!SECRET.test(ticket)) return problem('ticket_unknown');
      const name = hashed('ticket', ticket);
      const person = await redis.hget(`${keyPrefix}:ticket:${name}`, 'person');
      if (!person) return problem('ticket_unknown');
      const account = readAccount(person);
      const { tooMany, retryAfterS } = await deps.attempts.standingOf(account);
      if (tooMany) return { ...problem('too_many_attempts', account), retryAfterS };
      const [state, nonce, verifier] = [secret(), secret(), secret()];
      const sealed = await sealer.seal(sealOwner(account, VERSION), JSON.stringify({ nonce, verifier }));
      const outcome = await start(redis, [name, hashed('browser', browser), hashed('state', state), sealed]);
      if (outcome === 'ok')
        return deps.client.authorizeUrl({
          state,
          nonce,
          verifier,
          ...(language === undefined ? {} : { language }),
        });
      if (outcome === 'used') return problem('ticket_used', account);
      return problem(outcome === 'other_browser' ? 'other_browser' : 'ticket_unknown', account);
    },

    /** The browser comes back from Cognito. Answers what the person has to confirm. */
    async callback(parameters: URLSearchParams, browser: string | undefined): Promise<Proposal | Failed> {
      const states = parameters.getAll('state');
      const state = states[0];
      if (states.length !== 1 || !state || !SECRET.test(state)) return problem('state_unknown');
      const taken = (await takeFlow(redis, [
        hashed('state', state),
        browser === undefined ? '' : hashed('browser', browser),
      ])) as string[];
      const [outcome, person, where, sealed] = taken;
      if (outcome === 'other_browser') return problem('other_browser', readAccount(person));
      if (outcome !== 'ok' || !sealed || browser === undefined) return problem('state_unknown');
      const account = readAccount(person);
      const { tooMany, retryAfterS } = await deps.attempts.standingOf(account);
      if (tooMany) return { ...problem('too_many_attempts', account), retryAfterS };
      try {
        const { plaintext } = await sealer.open(sealOwner(account, VERSION), sealed);
        const { nonce, verifier } = flowSchema.parse(JSON.parse(plaintext.toString()));
        const tokens = await deps.client.exchange(parameters, { state, nonce, verifier });
        const { principal, accessExpiresAt, accessLifeS } = await deps.verifier.verify(tokens);
        if (rolesOf(principal, deps.access).length === 0) return problem('not_invited', account);
        const profile = await deps.profileOf(account);
        const differs = profile.email !== undefined && !sameAddress(profile.email, principal.email);
        if (deps.email === 'match' && (differs || profile.email === undefined))
          return problem('email_differs', account);
        const { access, refresh } = tokens;
        const linkedAt = now();
        const { groups } = principal;
        const link: Link = {
          ...principal,
          groups: [...groups],
          access,
          refresh,
          accessExpiresAt,
          accessLifeS,
          linkedAt,
        };
        return await propose({ account, place: readPlace(where), profile, differs, link, browser });
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error;
        return { ...problem(problemOf(error), account), cause: error };
      }
    },

    /** The person says on the page whether the two accounts belong together. */
    async confirm(id: string, browser: string | undefined, yes: boolean): Promise<Opened | Failed> {
      if (!SECRET.test(id) || browser === undefined) return problem('state_unknown');
      const args = [hashed('proposal', id), hashed('browser', browser), yes ? TICKET_TTL_S : 0];
      const [outcome, person, where, sealed] = (await confirm(redis, args)) as string[];
      if (outcome === 'other_browser') return problem('other_browser', readAccount(person));
      if (outcome === 'confirmed') return problem('already_confirmed', readAccount(person));
      if (outcome !== 'ok' || !sealed) return problem('state_unknown');
      return open(id, readAccount(person), readPlace(where), sealed);
    },

    /** The person could not be asked in the chat: the page may be answered again. */
    async reopen(id: string): Promise<void> {
      await reopen(redis, [hashed('proposal', id)]);
    },

    /** The person says the same in the chat. Answers the link to be made; nothing of it is kept. */
    async answer(id: string, account: ChatAccount): Promise<Link | Failed> {
      if (!SECRET.test(id)) return problem('state_unknown');
      const args = [hashed('proposal', id), writeAccount(account)];
      const [outcome, sealed] = (await takeProposal(redis, args)) as string[];
      if (outcome === 'other_person') return problem('other_person', account);
      if (outcome !== 'ok' || !sealed) return problem('state_unknown');
      const place: Place = { tenant: '', conversation: '', thread: '' };
      return (await open(id, account, place, sealed)).link;
    },
  };

  async function propose(given: {
    readonly account: ChatAccount;
    readonly place: Place;
    readonly profile: ChatProfile;
    readonly differs: boolean;
    readonly link: Link;
    readonly browser: string;
  }): Promise<Proposal> {
    const { account, place, profile, differs, link, browser } = given;
    const id = secret();
    const body = JSON.stringify({ link, profile, differs });
    const fields = [
      ...['person', writeAccount(account), 'place', writePlace(place)],
      ...[
        'browser',
        hashed('browser', browser),
        'sealed',
        await sealer.seal(sealOwner(account, VERSION), body),
      ],
    ];
    await keep(redis, ['proposal', hashed('proposal', id), TICKET_TTL_S, ...fields]);
    return proposalOf(id, account, place, { link, profile, differs });
  }

  async function open(id: string, account: ChatAccount, place: Place, sealed: string): Promise<Opened> {
    const { plaintext } = await sealer.open(sealOwner(account, VERSION), sealed);
    const body = proposalSchema.parse(JSON.parse(plaintext.toString()));
    return { link: body.link, proposal: proposalOf(id, account, place, body) };
  }
}

function proposalOf(
  id: string,
  account: ChatAccount,
  place: Place,
  {
    link,
    profile,
    differs,
  }: { link: Link; profile: z.infer<typeof proposalSchema>['profile']; differs: boolean },
): Proposal {
  const { name, workspace } = profile;
  const { sub, username, email } = link;
  return {
    id,
    account,
    place,
    profile: { name, workspace },
    sub,
    username,
    ...(email === undefined ? {} : { email }),
    differs,
  };
}

const problem = (what: HandshakeProblem, account?: ChatAccount): Failed => ({
  kind: 'problem',
  problem: what,
  ...(account ? { account } : {}),
});

/** Addresses differ in case and nothing else: what stands before the @ is not ours to interpret. */
const sameAddress = (a: string, b: string | undefined) => a.trim().toLowerCase() === b?.trim().toLowerCase();

/** What a failure at Cognito means for whoever stands before the page. Pure. */
export function problemOf({ code }: IdentityError): HandshakeProblem {
  switch (code) {
    case 'code_refused':
    case 'token_invalid':
    case 'provider_refused':
      return code;
    case 'signed_out':
      return 'code_refused';
    case 'provider_unreachable':
    case 'misconfigured':
      return 'unavailable';
    default:
      return code satisfies never;
  }
}

/** Whether a step came to nothing. */
export const failed = (result: unknown): result is Failed =>
  typeof result === 'object' && result !== null && (result as Failed).kind === 'problem';
