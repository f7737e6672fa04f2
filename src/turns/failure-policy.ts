import type { NoticeCode } from '../chat/vocabulary.ts';
import type { TurnEnd } from './states.ts';

/**
 * What is done about every failure that a turn can meet. `docs/failures.md` is made from this table.
 *
 * One rule stands above it: once the agent was seen to begin a change, a turn that cannot be followed to its end is
 * never begun again, and its person reads `outcome_unknown`.
 */
export interface FailurePolicy {
  /** What happened, for the docs. */
  readonly means: string;
  /** Waits before the turn is begun again, where the agent surely had not begun. Milliseconds; empty = never. */
  readonly startAfterMs: readonly number[];
  /** Waits before the agent's running turn is looked for again, where it may have begun. Milliseconds; empty = never. */
  readonly attachAfterMs: readonly number[];
  readonly end: TurnEnd;
  readonly notice: NoticeCode | undefined;
  /** The agent's session is ended with the turn, so that what still runs in it does not block the next question. */
  readonly stopsSession: boolean;
  /** Where the operator looks. */
  readonly operator: string;
}

export type RefusalCode =
  | 'agent_unreachable'
  | 'agent_throttled'
  | 'agent_quota'
  | 'agent_denied'
  | 'agent_unauthorized'
  | 'agent_not_found'
  | 'agent_conflict'
  | 'agent_invalid'
  | 'agent_failed'
  | 'agent_internal'
  | 'agent_timeout'
  | 'agent_cancelled'
  | 'agent_protocol';

export type FailureCode =
  | RefusalCode
  | 'cut'
  | 'turn_unknown'
  | 'session_busy'
  | 'deadline'
  | 'events_missing'
  | 'model_throttled'
  | 'model_auth'
  | 'model_unavailable'
  | 'agent_error'
  | 'empty_answer'
  | 'length_limit'
  | 'guardrail'
  | 'question_blocked'
  | 'guardrail_unavailable'
  | 'approval'
  | 'cancelled'
  | 'stopped_by_person'
  | 'stopped_by_operator'
  | 'stopped_for_newer'
  | 'identity_unavailable'
  | 'sign_in_needed'
  | 'link_lapsed'
  | 'worker_lost'
  | 'workers_lost'
  | 'reply_refused'
  | 'record_unreadable'
  | 'unexpected';

const START = [500, 1_500, 4_000] as const;
const ATTACH = [200, 1_000, 3_000] as const;
/** A refusal that says the agent itself failed rarely mends: one look whether it runs after all, no more. */
const LOOK_ONCE = [200] as const;
const NEVER = [] as const;
const RUNTIME_LOG = 'The runtime’s CloudWatch log group, with the session id of the turn.';

const refusal = (
  means: string,
  notice: NoticeCode,
  operator: string,
  more: {
    readonly start?: readonly number[];
    readonly attach?: readonly number[];
    readonly stopsSession?: true;
  } = {},
): FailurePolicy => ({
  means,
  startAfterMs: more.start ?? NEVER,
  attachAfterMs: more.attach ?? LOOK_ONCE,
  end: 'failed',
  notice,
  stopsSession: more.stopsSession ?? false,
  operator,
});

const ending = (
  means: string,
  end: TurnEnd,
  notice: NoticeCode | undefined,
  operator: string,
  stopsSession = false,
): FailurePolicy => ({
  means,
  startAfterMs: NEVER,
  attachAfterMs: NEVER,
  end,
  notice,
  stopsSession,
  operator,
});

export const FAILURE_POLICY: Readonly<Record<FailureCode, FailurePolicy>> = {
  agent_unreachable: refusal(
    'AgentCore could not be reached, or the connection broke before it answered.',
    'agent_unreachable',
    'Network path to AgentCore: AWS_REGION, AGENT_RUNTIME_ENDPOINT, DNS, security groups.',
    { start: START, attach: ATTACH },
  ),
  agent_throttled: refusal(
    'AgentCore takes no more invocations for now.',
    'agent_busy',
    'AgentCore quotas in Service Quotas; WORKER_CONCURRENCY.',
    { start: START, attach: LOOK_ONCE },
  ),
  agent_quota: refusal('A service quota is used up.', 'agent_busy', 'AgentCore quotas in Service Quotas.'),
  agent_denied: refusal(
    'AgentCore does not accept our credentials.',
    'agent_misconfigured',
    'Credentials and role of the backend: InvokeAgentRuntime, InvokeAgentRuntimeForUser, StopRuntimeSession.',
  ),
  agent_unauthorized: refusal(
    'AgentCore does not accept the person’s access token.',
    'agent_misconfigured',
    'The runtime’s customJWTAuthorizer (discoveryUrl, allowedClients), compared with the user pool and client.',
  ),
  agent_not_found: refusal(
    'There is no such runtime or endpoint.',
    'agent_misconfigured',
    'AGENT_RUNTIME_ARN and AGENT_RUNTIME_QUALIFIER; the endpoint must be READY.',
  ),
  agent_conflict: refusal(
    'The runtime or its session was being changed.',
    'agent_busy',
    'Nothing, if it passes; otherwise deployments of the runtime.',
    { start: START, attach: LOOK_ONCE },
  ),
  agent_invalid: refusal(
    'AgentCore refused the request as malformed.',
    'agent_misconfigured',
    'The configuration, compared with .env.example; the size of the question.',
  ),
  agent_failed: refusal('The agent’s own code failed.', 'agent_failed', RUNTIME_LOG),
  agent_internal: refusal(
    'AgentCore had an internal error.',
    'agent_failed',
    'The AWS Health Dashboard.',
    // Of calls that fail one by one, two in a row are not rare enough.
    { attach: ATTACH },
  ),
  agent_timeout: refusal(
    'The agent sent nothing for AGENT_SILENCE_SECONDS.',
    'agent_timeout',
    `AGENT_SILENCE_SECONDS. ${RUNTIME_LOG}`,
    // It was waited for long enough.
    { attach: NEVER, stopsSession: true },
  ),
  agent_cancelled: refusal('The request was cancelled on our side.', 'stopped', 'Nothing.'),
  agent_protocol: refusal(
    'The agent sent something that cannot be read.',
    'agent_failed',
    'AGENT_PROTOCOL, compared with what the agent answers.',
  ),
  cut: {
    means: 'The agent’s stream closed or broke before its end.',
    startAfterMs: NEVER,
    attachAfterMs: ATTACH,
    end: 'failed',
    notice: 'agent_cut_off',
    stopsSession: false,
    operator: RUNTIME_LOG,
  },
  turn_unknown: {
    means: 'The agent does not know the turn any more: its microVM was lost.',
    startAfterMs: START,
    attachAfterMs: NEVER,
    end: 'failed',
    notice: 'agent_cut_off',
    stopsSession: false,
    operator: RUNTIME_LOG,
  },
  session_busy: {
    means: 'Another turn still runs in the session.',
    startAfterMs: START,
    attachAfterMs: ATTACH,
    end: 'failed',
    notice: 'agent_busy',
    stopsSession: false,
    operator: RUNTIME_LOG,
  },
  deadline: ending(
    'The turn took longer than TURN_TIMEOUT_SECONDS.',
    'failed',
    'agent_timeout',
    `TURN_TIMEOUT_SECONDS. ${RUNTIME_LOG}`,
    true,
  ),
  events_missing: ending(
    'Events of the agent are missing, so the answer may not be whole.',
    'unknown',
    'outcome_unknown',
    RUNTIME_LOG,
  ),
  model_throttled: ending(
    'The agent’s model takes no more requests for now.',
    'failed',
    'agent_busy',
    'Model quotas in Service Quotas.',
  ),
  model_auth: ending(
    'The agent may not use its model.',
    'failed',
    'agent_misconfigured',
    'MODEL_ID and the execution role of the runtime.',
  ),
  model_unavailable: ending(
    'The agent’s model could not be reached.',
    'failed',
    'agent_unreachable',
    'The model provider; MODEL_PROVIDER and its address.',
  ),
  agent_error: ending('The agent reported another error.', 'failed', 'agent_failed', RUNTIME_LOG),
  empty_answer: ending('The agent ended without a word.', 'failed', 'agent_failed', RUNTIME_LOG),
  length_limit: ending(
    'The answer reached the length limit of the model.',
    'done',
    'answer_limited',
    'Nothing.',
  ),
  guardrail: ending(
    'A guardrail withheld the rest of the answer: ours, or that of the model.',
    'blocked',
    'answer_blocked',
    'The policy behind the reason; `threadcore_guardrail_interventions_total`; the guardrail’s own metrics.',
  ),
  question_blocked: ending(
    'The guardrail, or our own rule about secrets, withheld the question from the agent.',
    'blocked',
    'question_blocked',
    'The policy behind the reason; `threadcore_guardrail_interventions_total`.',
  ),
  guardrail_unavailable: ending(
    'The guardrail could not be asked, so nothing more is shown.',
    'failed',
    'guardrail_unavailable',
    '`a check of the guardrail failed` in the log; BEDROCK_GUARDRAIL_ID and VERSION; bedrock:ApplyGuardrail; quotas.',
  ),
  approval: ending('The agent asked for an approval.', 'failed', 'approval_unsupported', 'Nothing.'),
  cancelled: ending('The agent was told to stop from elsewhere.', 'stopped', 'stopped', RUNTIME_LOG),
  identity_unavailable: {
    means: 'It could not be told who asks: Cognito, the chat’s directory or the keys did not answer.',
    startAfterMs: START,
    attachAfterMs: NEVER,
    end: 'failed',
    notice: 'identity_unavailable',
    stopsSession: false,
    operator:
      'COGNITO_DOMAIN, COGNITO_JWKS_URI, the app client and its secret; KMS; the scopes of the chat app.',
  },
  sign_in_needed: ending(
    'Its author is not signed in, and could not be asked to in private.',
    'stopped',
    'sign_in_needed',
    'The bot’s scopes and its place in the channel.',
  ),
  link_lapsed: ending(
    'Its author did not sign in for LINK_WAIT_HOURS.',
    'stopped',
    'link_lapsed',
    'Nothing.',
  ),
  stopped_by_person: ending('Its person stopped the turn.', 'stopped', 'stopped', 'Nothing.'),
  stopped_by_operator: ending(
    'An operator stopped the turn.',
    'stopped',
    'stopped_by_operator',
    '`npm run ops -- turns show <turn>`.',
  ),
  stopped_for_newer: ending(
    'A newer question stopped it (LANE_POLICY=interrupt).',
    'stopped',
    'stopped_for_newer',
    'Nothing.',
  ),
  worker_lost: ending(
    'A worker was lost over a turn of a generic agent, which cannot be attached to.',
    'unknown',
    'agent_cut_off',
    'Why the worker ended.',
  ),
  workers_lost: ending(
    'Five workers were lost over the turn.',
    'failed',
    'internal',
    'Why the workers ended; the question may be what ends them.',
  ),
  reply_refused: ending(
    'Slack refuses every message to this thread.',
    'failed',
    undefined,
    'The bot’s scopes and its place in the channel; `reply cannot be shown` in the log.',
  ),
  record_unreadable: ending(
    'The turn’s record in Redis cannot be read.',
    'failed',
    undefined,
    'Which versions run side by side; who else writes to this Redis.',
  ),
  unexpected: ending(
    'Something in the backend failed that should not.',
    'failed',
    'internal',
    '`the turn failed unexpectedly` in the log, with the error.',
  ),
};

const AGENT_ERRORS = new Set(['model_throttled', 'model_auth', 'model_unavailable'] as const);

/** An error event of the agent as one of our codes. */
export function agentErrorCode(code: string): FailureCode {
  return [...AGENT_ERRORS].find((known) => known === code) ?? 'agent_error';
}
