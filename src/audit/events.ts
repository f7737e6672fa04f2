import { z } from 'zod';
import { POLICIES } from '../chat/policies.ts';

/**
 * What is on record, and nothing else: closed types, closed values. No field can hold what people wrote, and whoever
 * an entry is about stands there as a pseudonym (`subjects.ts`).
 */

/** `person:`, `operator:`, `account:` or `address:` with 130 bits of a keyed hash, `system`, or `unknown`. */
const subject = z
  .string()
  .regex(/^(?:(?:person|operator|account|address):[a-z2-7]{26}|system|unknown)$/)
  .brand<'subject'>();
const turn = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/);
/** sha256 in hex, of the tool and its arguments (RFC 8785). */
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** sha256 in base64url, of a line of the log. */
const lineHash = z.string().regex(/^[\w-]{43}$/);
const role = z.enum(['viewer', 'operator', 'approver', 'admin']);
const whole = z.number().int().nonnegative();

/** Why a sign-in or the linking of an account came to nothing. */
const signInFailures = z.enum([
  'ticket_unknown',
  'ticket_expired',
  'ticket_used',
  'too_many_attempts',
  'other_browser',
  'other_person',
  'other_account',
  'state_wrong',
  'nonce_wrong',
  'issuer_wrong',
  'verifier_wrong',
  'code_refused',
  'token_invalid',
  'not_confirmed',
  'provider_refused',
  'provider_unreachable',
]);

const refusals = z.enum([
  'tenant_not_allowed',
  'external_person',
  'guest',
  'conversation_not_allowed',
  'person_not_allowed',
  'not_linked',
]);

/** How much of each kind is gone (`privacy/steps.ts`). */
const erased = z.strictObject({
  exports: whole,
  runtime: whole,
  turns: whole,
  feedback: whole,
  settings: whole,
  outbox: whole,
  sessions: whole,
  memory: whole,
  link: whole,
  marks: whole,
});

const event = <const T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape });

export const factsSchema = z.discriminatedUnion('type', [
  event('sign_in.succeeded', { who: subject, account: subject }),
  event('sign_in.failed', { who: subject, from: subject, reason: signInFailures }),
  event('link.created', { who: subject, account: subject }),
  event('link.removed', {
    who: subject,
    whom: subject,
    cause: z.enum(['asked', 'replaced', 'revoked', 'expired', 'erased']),
  }),
  event('access.refused', { who: subject, reason: refusals }),
  event('role.decided', {
    who: subject,
    /** What the decision was about. */
    action: z.enum(['ask', 'stop', 'approve', 'operate', 'read_audit', 'export', 'erase']),
    roles: z.array(role).max(4),
    allowed: z.boolean(),
  }),
  event('approval.requested', { who: subject, turn, digest }),
  event('approval.decided', {
    who: subject,
    /** Who asked the agent. */
    whom: subject,
    turn,
    digest,
    decision: z.enum(['approved', 'denied', 'expired', 'refused']),
  }),
  event('approval.executed', { who: subject, turn, digest }),
  // An order is on record before it is carried out; what came of it follows as an entry of its own.
  event('operator.turn', { who: subject, action: z.enum(['stop', 'drop', 'retry']), turn }),
  event('operator.intake', { who: subject, action: z.enum(['pause', 'resume']) }),
  event('operator.outcome', {
    who: subject,
    /** The number of the entry with the order. */
    order: whole,
    outcome: z.enum(['done', 'nothing_to_do', 'failed']),
  }),
  // Somebody lets a tool of the agent act for them: on record before AgentCore is told; what it said follows.
  event('resource.consented', { who: subject }),
  event('resource.outcome', {
    who: subject,
    /** The number of the entry with the consent. */
    order: whole,
    outcome: z.enum(['done', 'refused', 'failed']),
  }),
  // Somebody took up a session of their own in another place, or deleted it.
  event('session.changed', { who: subject, change: z.enum(['resumed', 'deleted']) }),
  event('data.exported', { who: subject, whom: subject }),
  // An erasure is ordered on record; that it was carried out, and how much that was, follows.
  event('data.erasure_ordered', { who: subject, whom: subject }),
  event('data.erased', { who: subject, whom: subject, counts: erased }),
  // A policy minded what somebody asked, or what they were to be answered; and somebody thinks that this was wrong.
  event('guardrail.intervened', {
    who: subject,
    /** Missing with `words`: what somebody types besides questions belongs to no turn. */
    turn: turn.optional(),
    direction: z.enum(['question', 'answer', 'words']),
    action: z.enum(['blocked', 'masked']),
    /** With `enforce`, something came of it; otherwise only of secrets. */
    mode: z.enum(['enforce', 'shadow', 'off']),
    policy: z.enum(POLICIES),
  }),
  event('guardrail.disputed', { who: subject, turn, policy: z.enum(POLICIES) }),
  // The log about itself.
  event('audit.pruned', { who: subject, from: whole, upTo: whole, hash: lineHash }),
  event('audit.rolled_back', { who: subject, seq: whole, hash: lineHash }),
]);

/** An event as it stands in the log. */
export type Facts = z.infer<typeof factsSchema>;

/** Whom an event is about, in clear: known to the caller only, and to nobody who reads the log. */
export type Subject =
  | { readonly kind: 'person'; readonly platform: string; readonly tenant: string; readonly user: string }
  | { readonly kind: 'operator'; readonly name: string }
  /** An account at an identity provider. */
  | { readonly kind: 'account'; readonly provider: string; readonly sub: string }
  /** An IP address. */
  | { readonly kind: 'address'; readonly ip: string }
  | { readonly kind: 'system' }
  | { readonly kind: 'unknown' };

type Pseudonym = z.infer<typeof subject>;
type InClear<T> = T extends unknown
  ? { readonly [K in keyof T]: T[K] extends Pseudonym ? Subject : T[K] }
  : never;

/** An event as callers tell it. */
export type AuditEvent = InClear<Facts>;
