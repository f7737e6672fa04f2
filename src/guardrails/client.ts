import { setTimeout as wait } from 'node:timers/promises';
import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type GuardrailContentBlock,
} from '@aws-sdk/client-bedrock-runtime';
import type { Logger } from '../telemetry/logger.ts';
import { admit, after, type Breaker, CLOSED } from './breaker-decision.ts';
import { createConnections } from './connections.ts';
import { judge, traceOf } from './judge.ts';
import type { GuardrailQuota } from './quota.ts';
import { retryAfter, toFailure } from './retry-decision.ts';
import { createRetryPace } from './retry-pace.ts';
import { unavailable, type Verdict } from './verdict.ts';

export type Source = 'INPUT' | 'OUTPUT';

/** What an answer is compared with. */
export interface Grounding {
  /** What it should say nothing beyond. */
  readonly source: string;
  /** What it should be about. */
  readonly query: string;
}

export interface GuardrailOptions {
  readonly region: string;
  readonly guardrailId: string;
  readonly version: string;
  /** Another address of the service. Without it the SDK follows `AWS_ENDPOINT_URL…` and the region. */
  readonly endpoint?: string | undefined;
  /** Default: the AWS SDK's own chain. */
  readonly credentials?: BedrockRuntimeClientConfig['credentials'];
  readonly quota?: GuardrailQuota | undefined;
  /** Milliseconds until one attempt is given up. */
  readonly attemptMs?: number;
  /** Milliseconds after which a check is given up, with all its attempts and waits. */
  readonly deadlineMs?: number;
  /** Log what each rule found, without what it found. */
  readonly trace: boolean;
  readonly log: Logger;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export interface CheckOptions {
  readonly grounding?: Grounding | undefined;
  /**
   * For what can wait: a place in the quota is taken only if it comes within so long, and looked for again while it does
   * not, so that no other call waits longer for it. Milliseconds.
   */
  readonly mostAheadMs?: number | undefined;
}

export interface Guardrail {
  /** Never rejects: what cannot be checked is blocked with the policy `unavailable`. */
  check(
    source: Source,
    texts: readonly string[],
    signal: AbortSignal,
    options?: CheckOptions,
  ): Promise<Verdict>;
  close(): void;
}

const ATTEMPT_MS = 4_000;
const DEADLINE_MS = 10_000;
const UNIT = 1_000;
/** About so often a place in the quota is looked for by what can wait. Milliseconds. */
const AGAIN_MS = 400;
/** NAT gateways forget a connection that was silent for 350 s, without telling anybody. */
const IDLE_MS = 60_000;

const isUnavailable = (verdict: Verdict) => verdict.kind === 'block' && verdict.policy === 'unavailable';

const contentOf = (texts: readonly string[], grounding: Grounding | undefined): GuardrailContentBlock[] => {
  if (!grounding) return texts.map((text) => ({ text: { text } }));
  return [
    { text: { text: grounding.source, qualifiers: ['grounding_source'] } },
    { text: { text: grounding.query, qualifiers: ['query'] } },
    ...texts.map((text): GuardrailContentBlock => ({ text: { text, qualifiers: ['guard_content'] } })),
  ];
};

class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** Bedrock's ApplyGuardrail, with tries again, a limit to them, and a rest when it keeps failing. */
export function createGuardrail(options: GuardrailOptions): Guardrail {
  const { attemptMs = ATTEMPT_MS, deadlineMs = DEADLINE_MS, quota, log, now, random } = options;
  const connections = createConnections(
    () =>
      new BedrockRuntimeClient({
        region: options.region,
        maxAttempts: 1,
        // By default this client opens a connection for each call, and every first word waits for a TLS handshake.
        requestHandler: { disableConcurrentStreams: false, sessionTimeout: IDLE_MS },
        ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
        ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      }),
  );
  const closing = new AbortController();
  const guardrail = { guardrailIdentifier: options.guardrailId, guardrailVersion: options.version };
  const pace = createRetryPace();
  let breaker: Breaker = CLOSED;

  function note(went: 'well' | 'wrong'): void {
    const before = breaker;
    breaker = after(before, went, now());
    if (before.openUntil === undefined && breaker.openUntil !== undefined)
      log.error('the guardrail keeps failing; nothing is checked for a moment, so nothing gets through');
    if (before.openUntil !== undefined && breaker.openUntil === undefined)
      log.info('the guardrail answers again');
  }

  async function attempt(
    source: Source,
    content: GuardrailContentBlock[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const limit = AbortSignal.timeout(attemptMs);
    const command = new ApplyGuardrailCommand({
      ...guardrail,
      source,
      content,
    });
    const abortSignal = AbortSignal.any([signal, closing.signal, limit]);
    return await connections.use(limit, (client) => client.send(command, { abortSignal }));
  }

  /** False: there is none in time. Throws the reason of the signal. */
  async function place(units: number, left: () => number, mostAheadMs: number, signal: AbortSignal) {
    while (quota) {
      const leftMs = left();
      if (await quota.take(units, Math.min(leftMs, mostAheadMs), signal)) return true;
      if (leftMs <= mostAheadMs) return false;
      await wait(AGAIN_MS * (0.5 + random()), undefined, { signal });
    }
    return true;
  }

  /** Throws the last failure. */
  async function ask(
    source: Source,
    texts: readonly string[],
    signal: AbortSignal,
    { grounding, mostAheadMs = deadlineMs }: CheckOptions,
  ): Promise<Verdict> {
    const began = now();
    const content = contentOf(texts, grounding);
    const units = content.reduce(
      (sum, { text }) => sum + Math.max(1, Math.ceil((text?.text ?? '').length / UNIT)),
      0,
    );
    for (let attempts = 1; ; attempts += 1) {
      const left = () => deadlineMs - (now() - began);
      if (!(await place(units, left, mostAheadMs, signal))) return unavailable('the quota is used up');
      try {
        const response = await attempt(source, content, signal);
        const verdict = judge(response, texts);
        if (isUnavailable(verdict)) throw new UnreadableAnswer();
        pace.note('well');
        if (options.trace)
          log.info({ source, verdict: verdict.kind, findings: traceOf(response) }, 'guardrail');
        return verdict;
      } catch (error) {
        signal.throwIfAborted();
        closing.signal.throwIfAborted();
        pace.note('wrong');
        const failure = toFailure(error);
        const elapsedMs = now() - began;
        const waitMs = retryAfter(failure, { attempts, elapsedMs, deadlineMs, chance: random() });
        if (waitMs === undefined) throw error;
        await wait(waitMs, undefined, { signal });
        const ends = AbortSignal.any([signal, closing.signal]);
        if (!(await pace.turn(Math.max(0, left()), ends))) throw error;
      }
    }
  }

  return {
    async check(source, texts, signal, checkOptions = {}) {
      const { may, next } = admit(breaker, now());
      breaker = next;
      if (!may) return unavailable('the guardrail kept failing');
      try {
        const verdict = await ask(source, texts, signal, checkOptions);
        if (!isUnavailable(verdict)) note('well');
        return verdict;
      } catch (error) {
        if (signal.aborted || closing.signal.aborted) return unavailable('the check was cancelled');
        note('wrong');
        const failure = toFailure(error);
        // Messages of AWS may quote what was checked.
        log.warn({ failure }, 'a check of the guardrail failed');
        return unavailable(failure.cause);
      }
    },
    close() {
      closing.abort(new Error('the process is shutting down'));
      connections.close();
    },
  };
}
