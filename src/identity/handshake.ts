import { z } from 'zod';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer } from '../store/sealed.ts';
import { SealedError } from '../store/sealed-error.ts';
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
import type { CognitoClient, Tokens } from './cognito-client.ts';
import { IdentityError } from './identity-error.ts';
import { type Link, linkOf } from './links.ts';
import { CONFIRM, KEEP, REOPEN, START, TAKE_FLOW, TAKE_PROPOSAL } from './lua.ts';
import { type AccessRules, may, rolesOf } from './principal.ts';
import { digestOf, isSecret, newSecret } from './secrets.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** From the prompt to the confirmation in the browser, and from there to the one in the chat. */
export const TICKET_TTL_S = 600;
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
  /** A sign-in came to nothing: its refresh token shall be worth nothing, too. */
  readonly onUnused: (refreshToken: string) => void;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** `record`: the name of the record that it was sealed for; in another one it opens nothing. */
const flowSchema = z.object({ record: z.string(), nonce: z.string(), verifier: z.string() });
const proposalSchema = z.object({
  record: z.string(),
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
  const secret = () => newSecret(deps.randomBytes);

  return {
    /** A new secret for a browser. */
    newBrowser: secret,
    isSecret,

    /** A ticket for one chat account, to be given to nobody else. Undefined: this account has had too many. */
    async issue(account: ChatAccount, place: Place): Promise<string | Failed> {
      const { tooMany, retryAfterS } = await deps.attempts.ticket(account);
      if (tooMany) return { kind: 'problem', problem: 'too_many_attempts', account, retryAfterS };
      const ticket = secret();
      const fields = ['person', writeAccount(account), 'place', writePlace(place)];
      await keep(redis, ['ticket', digestOf('ticket', ticket), TICKET_TTL_S, ...fields]);
      return ticket;
    },

    /** The browser opens the link of the prompt. Answers where to send it. */
    async start(ticket: string, browser: string, language?: string): Promise<string | Failed> {
      if (!isSecret(ticket)) return problem('ticket_unknown');
      const name = digestOf('ticket', ticket);
      const person = await redis.hget(`${keyPrefix}:ticket:${name}`, 'person');
      if (!person) return problem('ticket_unknown');
      const account = readAccount(person);
      const { tooMany, retryAfterS } = await deps.attempts.standingOf(account);
      if (tooMany) return { ...problem('too_many_attempts', account), retryAfterS };
      const [state, nonce, verifier] = [secret(), secret(), secret()];
      const record = digestOf('state', state);
      const body = JSON.stringify({ record, nonce, verifier });
      const sealed = await sealer.seal(sealOwner(account, VERSION), body);
      const outcome = await start(redis, [name, digestOf('browser', browser), record, sealed]);
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
      if (states.length !== 1 || !isSecret(state)) return problem('state_unknown');
      const record = digestOf('state', state);
      const taken = (await takeFlow(redis, [
        record,
        browser === undefined ? '' : digestOf('browser', browser),
      ])) as string[];
      const [outcome, person, where, sealed] = taken;
      if (outcome === 'other_browser') return problem('other_browser', readAccount(person));
      if (outcome !== 'ok' || !sealed || browser === undefined) return problem('state_unknown');
      const account = readAccount(person);
      const { tooMany, retryAfterS } = await deps.attempts.standingOf(account);
      if (tooMany) return { ...problem('too_many_attempts', account), retryAfterS };
      const flow = await unseal(account, record, flowSchema, sealed);
      if (!flow) return problem('state_unknown', account);
      const { nonce, verifier } = flow;
      let refresh: string | undefined;
      try {
        const tokens = await deps.client.exchange(parameters, { state, nonce, verifier });
        refresh = tokens.refresh;
        const result = await weigh(tokens, { account, place: readPlace(where), browser });
        if (!failed(result)) refresh = undefined;
        return result;
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error;
        return { ...problem(problemOf(error), account), cause: error };
      } finally {
        if (refresh !== undefined) deps.onUnused(refresh);
      }
    },

    /** The person says on the page whether the two accounts belong together. */
    async confirm(id: string, browser: string | undefined, yes: boolean): Promise<Opened | Failed> {
      if (!isSecret(id) || browser === undefined) return problem('state_unknown');
      const record = digestOf('proposal', id);
      const args = [record, digestOf('browser', browser), yes ? TICKET_TTL_S : 0];
      const [outcome, person, where, sealed] = (await confirm(redis, args)) as string[];
      if (outcome === 'other_browser') return problem('other_browser', readAccount(person));
      if (outcome === 'confirmed') return problem('already_confirmed', readAccount(person));
      if (outcome !== 'ok' || !sealed) return problem('state_unknown');
      const account = readAccount(person);
      const body = await unseal(account, record, proposalSchema, sealed);
      if (!body) return problem('state_unknown', account);
      return { link: body.link, proposal: proposalOf(id, account, readPlace(where), body) };
    },

    /** The person could not be asked in the chat: the page may be answered again. */
    async reopen(id: string): Promise<void> {
      await reopen(redis, [digestOf('proposal', id)]);
    },

    /** The person says the same in the chat. Answers the link to be made; nothing of it is kept. */
    async answer(id: string, account: ChatAccount): Promise<Link | Failed> {
      if (!isSecret(id)) return problem('state_unknown', account);
      const record = digestOf('proposal', id);
      const [outcome, sealed] = (await takeProposal(redis, [record, writeAccount(account)])) as string[];
      if (outcome === 'other_person') return problem('other_person', account);
      if (outcome !== 'ok' || !sealed) return problem('state_unknown', account);
      const body = await unseal(account, record, proposalSchema, sealed);
      return body ? body.link : problem('state_unknown', account);
    },
  };

  /** Whether somebody who has signed in may be linked to this chat account, if both confirm. */
  async function weigh(
    tokens: Tokens,
    { account, place, browser }: { account: ChatAccount; place: Place; browser: string },
  ): Promise<Proposal | Failed> {
    const verified = await deps.verifier.verify(tokens);
    const { principal, emailVerified } = verified;
    if (!may('ask', rolesOf(principal, deps.access))) return problem('not_invited', account);
    const profile = await deps.profileOf(account);
    const same = sameAddress(profile.email, principal.email);
    // Where people may write their attributes, an address that nobody has verified is anybody's.
    if (deps.email === 'match' && !(same && emailVerified)) return problem('email_differs', account);
    const differs = profile.email !== undefined && !same;
    const link = linkOf(tokens, verified, now());
    return propose({ account, place, profile, differs, link, browser });
  }

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
    const record = digestOf('proposal', id);
    const body = JSON.stringify({ record, link, profile, differs });
    const fields = [
      ...['person', writeAccount(account), 'place', writePlace(place)],
      ...[
        'browser',
        digestOf('browser', browser),
        'sealed',
        await sealer.seal(sealOwner(account, VERSION), body),
      ],
    ];
    await keep(redis, ['proposal', record, TICKET_TTL_S, ...fields]);
    return proposalOf(id, account, place, { link, profile, differs });
  }

  /** Undefined: altered, of another person or record, or sealed with a key that is gone. Beginning anew mends it. */
  async function unseal<T extends { record: string }>(
    account: ChatAccount,
    record: string,
    schema: z.ZodType<T>,
    sealed: string,
  ): Promise<T | undefined> {
    try {
      const { plaintext } = await sealer.open(sealOwner(account, VERSION), sealed);
      const body = schema.safeParse(JSON.parse(plaintext.toString()));
      return body.success && body.data.record === record ? body.data : undefined;
    } catch (error) {
      if (error instanceof SealedError && error.code !== 'key_unavailable') return undefined;
      throw error;
    }
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

/** A step that came to nothing. */
export const problem = (what: HandshakeProblem, account?: ChatAccount): Failed => ({
  kind: 'problem',
  problem: what,
  ...(account ? { account } : {}),
});

/** Addresses differ in case and nothing else: what stands before the @ is not ours to interpret. */
const sameAddress = (a: string | undefined, b: string | undefined) =>
  a !== undefined && a.trim().toLowerCase() === b?.trim().toLowerCase();

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
