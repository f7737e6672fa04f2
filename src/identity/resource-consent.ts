import { z } from 'zod';
import type { Subject } from '../audit/events.ts';
import type { Audit } from '../audit/recorder.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer } from '../store/sealed.ts';
import type { Attempts } from './attempts.ts';
import type { CognitoClient } from './cognito-client.ts';
import { type Failed, type HandshakeProblem, problem, problemOf, TICKET_TTL_S } from './handshake.ts';
import { IdentityError } from './identity-error.ts';
import { KEEP, TAKE_CONSENT } from './lua.ts';
import { type AccessRules, may, type Principal, rolesOf } from './principal.ts';
import { digestOf, isSecret, newSecret } from './secrets.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** What becomes of a consent at AgentCore: done, or why it is not taken. */
type ConsentAnswer = 'completed' | 'other_account' | 'unknown' | 'token_refused';

export interface ResourceConsentDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly sealer: Sealer;
  readonly client: Pick<CognitoClient, 'authorizeUrl' | 'exchange'>;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly attempts: Pick<Attempts, 'consent'>;
  readonly access: AccessRules;
  readonly audit: Pick<Audit, 'record' | 'note'>;
  /** Tells AgentCore whose browser it was. Throws when there is no answer. */
  readonly completeConsent: (
    sessionUri: string,
    person: { readonly accessToken: string; readonly sub: string },
  ) => Promise<ConsentAnswer>;
  /** The sign-in has served: its refresh token shall be worth nothing. */
  readonly onUnused: (refreshToken: string) => void;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** Who has come back, and may let the agent's tool act for them. */
export interface Consented {
  readonly kind: 'consented';
  readonly username: string;
  readonly email?: string;
}

/** As the model of AgentCore has it; at most 1024 characters. */
const SESSION_URI = /^urn:ietf:params:oauth:request_uri:[a-zA-Z0-9._~-]+$/;
const LONGEST_SESSION_URI = 1024;
const VERSION = 1;

const flowSchema = z.object({ sessionUri: z.string(), nonce: z.string(), verifier: z.string() });

/**
 * A tool of the agent wants to act for a person at somebody else's service. The person has consented there, and AgentCore
 * sends the browser to us: only we can tell whose browser it is. So the person signs in (silently, where the browser is
 * still signed in at Cognito), and AgentCore compares who that was with whom the consent was begun for. Whatever the
 * browser says about itself, or a link between a chat account and a person, plays no part in it.
 */
export function createResourceConsent(deps: ResourceConsentDeps) {
  const { redis, keyPrefix, sealer, audit } = deps;
  const keep = defineScript(KEEP, keyPrefix);
  const take = defineScript(TAKE_CONSENT, keyPrefix);
  const secret = () => newSecret(deps.randomBytes);
  const recordOf = (state: string) => digestOf('consent', state);
  const browserName = (browser: string | undefined) =>
    browser === undefined ? '' : digestOf('browser', browser);
  /** An envelope opens in its own record only. */
  const ownerOf = (record: string) => ({
    tenant: 'consents',
    user: record,
    provider: 'agentcore',
    version: VERSION,
  });

  /** Everything from the code to AgentCore's answer. */
  async function finish(
    parameters: URLSearchParams,
    state: string,
    flow: z.infer<typeof flowSchema>,
  ): Promise<Consented | Failed> {
    const tokens = await deps.client.exchange(parameters, { ...flow, state });
    try {
      const { principal } = await deps.verifier.verify(tokens);
      const mayAsk = may('ask', rolesOf(principal, deps.access));
      if (!mayAsk) return problem('not_invited');
      return await complete(flow.sessionUri, principal, tokens.access);
    } finally {
      deps.onUnused(tokens.refresh);
    }
  }

  async function complete(
    sessionUri: string,
    { sub, username, email }: Principal,
    accessToken: string,
  ): Promise<Consented | Failed> {
    const who: Subject = { kind: 'account', provider: 'cognito', sub };
    // Nobody gets to act for somebody unrecorded.
    const { seq: order } = await audit.record({ type: 'resource.consented', who });
    const note = (outcome: 'done' | 'refused' | 'failed') =>
      audit.note({ type: 'resource.outcome', who, order, outcome });
    try {
      const answer = await deps.completeConsent(sessionUri, { accessToken, sub });
      note(answer === 'completed' ? 'done' : 'refused');
      if (answer !== 'completed') return problem(PROBLEMS[answer]);
      return { kind: 'consented', username, ...(email === undefined ? {} : { email }) };
    } catch (error) {
      note('failed');
      throw error;
    }
  }

  return {
    isSession: (text: unknown): text is string =>
      typeof text === 'string' && text.length <= LONGEST_SESSION_URI && SESSION_URI.test(text),

    /** The browser comes from the resource with a session of AgentCore. Answers where to send it to sign in. */
    async begin(
      sessionUri: string,
      {
        browser,
        ip,
        language,
      }: { readonly browser: string; readonly ip: string; readonly language?: string },
    ): Promise<string | Failed> {
      const { tooMany, retryAfterS } = await deps.attempts.consent(ip);
      if (tooMany) return { ...problem('too_many_attempts'), retryAfterS };
      const state = secret();
      const nonce = secret();
      const verifier = secret();
      const record = recordOf(state);
      const sealed = await sealer.seal(ownerOf(record), JSON.stringify({ sessionUri, nonce, verifier }));
      await keep(redis, [
        ...['consent', record, TICKET_TTL_S],
        ...['browser', browserName(browser), 'sealed', sealed],
      ]);
      return deps.client.authorizeUrl({
        state,
        nonce,
        verifier,
        ...(language === undefined ? {} : { language }),
      });
    },

    /** The browser comes back from Cognito. Undefined: not with the state of a consent. */
    async callback(
      parameters: URLSearchParams,
      browser: string | undefined,
    ): Promise<Consented | Failed | undefined> {
      const [state, ...others] = parameters.getAll('state');
      if (others.length > 0 || !isSecret(state)) return undefined;
      const record = recordOf(state);
      const [outcome, sealed] = (await take(redis, [record, browserName(browser)])) as string[];
      if (outcome === 'other_browser') return problem('other_browser');
      if (outcome !== 'ok' || !sealed) return undefined;
      try {
        const { plaintext } = await sealer.open(ownerOf(record), sealed);
        return await finish(parameters, state, flowSchema.parse(JSON.parse(plaintext.toString())));
      } catch (error) {
        const known = error instanceof IdentityError ? problemOf(error) : 'unavailable';
        return { ...problem(known), cause: error };
      }
    },
  };
}

const PROBLEMS: Readonly<Record<Exclude<ConsentAnswer, 'completed'>, HandshakeProblem>> = {
  other_account: 'other_account',
  unknown: 'consent_unknown',
  token_refused: 'token_invalid',
};
