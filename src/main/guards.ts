import type { Audit } from '../audit/recorder.ts';
import { blockMessage, explainPolicy } from '../chat/block-messages.ts';
import { linkHosts } from '../chat/links.ts';
import type { Platform, Sender } from '../chat/vocabulary.ts';
import type { CheckWords } from '../commands/word-check.ts';
import type { Config } from '../config.ts';
import { createGuardrail } from '../guardrails/client.ts';
import {
  createGuards,
  type Guards,
  type Intervention,
  type Reading,
  UNGUARDED,
} from '../guardrails/guards.ts';
import { createGuardrailQuota } from '../guardrails/quota.ts';
import { unavailable } from '../guardrails/verdict.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { GuardFiles } from '../turns/attached-files.ts';
import { createGuardedAnswer } from '../turns/guarded-answer.ts';
import { TURN_RETENTION_S } from '../turns/lanes.ts';
import type { Once } from '../turns/once.ts';
import type { ReadThread } from '../turns/seen-thread.ts';
import type { ClaimedTurn, TurnRecord } from '../turns/turn.ts';
import { policyOf, type TurnGuards } from '../turns/turn-guards.ts';
import { composeSightings } from './guard-sightings.ts';
import type { People } from './people.ts';
import { createWordGuard } from './word-guard.ts';

export interface GuardsDeps {
  readonly config: Pick<Config, 'guardrails' | 'access' | 'agent'>;
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly audit: Pick<Audit, 'note'>;
  readonly dataKeys: DataKeys | undefined;
  readonly metrics: Pick<Metrics, 'guardrailIntervention' | 'guardrailTurn'>;
  readonly log: Logger;
  /** In which language to tell somebody, where what they wrote does not say. Never throws. */
  readonly people: Pick<People, 'languageOf'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly monotonic: () => number;
}

export interface ComposedGuards {
  readonly guards: TurnGuards;
  /** What people type besides questions, as it may be kept. */
  readonly checkWords: CheckWords;
  /** Of what others said, what the agent may read. */
  readonly guardThread: (read: ReadThread) => ReadThread;
  readonly guardFiles: GuardFiles;
  /** Resolves when what was counted is kept. */
  close(): Promise<void>;
}

/** The contract takes no longer name; a mask may be longer than what it hides. Characters. */
const MOST_NAME = 200;

type Found = (one: Intervention) => void;

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** What is guarded, by whom, and who hears of it. */
export function composeGuards(deps: GuardsDeps): ComposedGuards {
  const { config, people, redis, keyPrefix, log, monotonic } = deps;
  const { mode, messages } = config.guardrails;
  const { any, ids } = config.access.linkHosts;
  const mayLink = any ? undefined : linkHosts(ids);
  const words: TurnGuards['words'] = (direction, policy, locale) =>
    blockMessage(direction, policy, locale, messages);
  const languageOf = ({ key, sender }: Pick<ClaimedTurn['message'], 'key' | 'sender'>) =>
    people.languageOf(key.platform, sender);

  const seen = composeSightings({
    ...{ ...deps, after },
    mode,
    keepExamples: config.guardrails.examples,
  });
  /** What others said where a turn was asked, as its agent read it. */
  const sources = new WeakMap<ClaimedTurn['message'], string>();

  async function ground(
    guards: Guards,
    { message }: ClaimedTurn,
    answer: string,
    signal: AbortSignal,
    found: Found,
  ) {
    const source = config.guardrails.grounding === 'thread' ? sources.get(message) : undefined;
    if (source === undefined || answer.trim() === '') return undefined;
    const judged = guards.grounded(answer, { source, query: message.text }, signal, found);
    // In shadow mode nobody waits for what changes nothing.
    return guards.mode === 'enforce' ? await judged : undefined;
  }

  const answerOf = (guards: Guards | undefined): NonNullable<TurnGuards['answer']> => {
    return (turn, show, signal) => {
      const found: Found = (one) => seen.inTurn(turn, one);
      return createGuardedAnswer({
        openGate: guards && ((on) => guards.answer(on, signal, found)),
        ground: guards && ((answer) => ground(guards, turn, answer, signal, found)),
        shadow: guards?.mode === 'shadow',
        onSecret: () => found({ direction: 'answer', policies: ['secret'], action: 'blocked' }),
        mayLink,
        show,
      });
    };
  };

  /** `close`: what has to be closed besides. */
  const compose = (reading: Reading, guards: Guards | undefined, close: () => void): ComposedGuards => ({
    guards: {
      question(turn, signal) {
        seen.checked(turn);
        return reading.question(turn.message.text, signal, (one) => seen.inTurn(turn, one));
      },
      answer: answerOf(guards),
      words,
      languageOf,
    },
    checkWords: createWordGuard({
      guards: { mode, question: reading.question },
      seen: seen.inWords,
      tell: (withheld, policy, locale) => blockMessage(withheld, policy, locale, messages),
      languageOf,
    }),
    guardThread: (readThread) => async (message, signal) => {
      const said = await readThread(message, signal);
      if (said.length === 0) return said;
      // What people call themselves is theirs to choose, too. It comes first, and so is judged last.
      const names = [...new Set(said.map(({ author }) => author))];
      const read = await reading.thread([...names, ...said.map(({ text }) => text)], signal, (one) =>
        seen.inThread(message, one),
      );
      const told = said.flatMap(({ author, text: _raw, ...rest }, i) => {
        const text = read[names.length + i];
        const place = names.indexOf(author);
        const name = read[place];
        const called = name !== undefined && name.length <= MOST_NAME ? name : `somebody ${place + 1}`;
        return text === undefined ? [] : [{ author: called, text, ...rest }];
      });
      if (told.length > 0) sources.set(message, told.map(({ text }) => text).join('\n'));
      return told;
    },
    async guardFiles(message, { texts, names }, signal) {
      const read = await reading.files([...texts, ...names], signal, (one) => seen.inThread(message, one));
      const [toldTexts, toldNames] = [read.slice(0, texts.length), read.slice(texts.length)];
      const told = toldTexts.filter((text) => text !== undefined);
      if (told.length > 0) sources.set(message, told.join('\n'));
      return { texts: toldTexts, names: toldNames };
    },
    async close() {
      close();
      await seen.close();
    },
  });

  if (mode === 'off') return compose(UNGUARDED, undefined, () => undefined);

  // A process that runs no turns may have been given none.
  const missing = config.guardrails.id === '';
  if (missing)
    log.warn(
      'BEDROCK_GUARDRAIL_ID is missing here: names that people give their conversations cannot be checked, so with GUARDRAIL_MODE=enforce none is taken',
    );
  const guardrail = createGuardrail({
    region: config.agent.region,
    guardrailId: config.guardrails.id,
    version: config.guardrails.version,
    quota: createGuardrailQuota({ redis, keyPrefix, limits: config.guardrails, log, now: monotonic }),
    trace: config.guardrails.trace,
    log,
    random: Math.random,
    now: monotonic,
  });
  const guards = createGuards({
    check: missing ? async () => unavailable('BEDROCK_GUARDRAIL_ID is missing') : guardrail.check,
    mode,
    redactInput: config.guardrails.redactInput,
    redactOutput: config.guardrails.redactOutput,
    after,
    now: monotonic,
  });
  return compose(guards, guards, () => guardrail.close());
}

/** Why an answer was withheld, and what comes of it when somebody thinks that it should not have been. */
export function composeExplanations(deps: {
  readonly read: (turnId: string) => Promise<TurnRecord | undefined>;
  readonly audit: Pick<Audit, 'record'>;
  readonly once: Once;
  /** Takes back what `once` has answered. */
  readonly takeBack: (name: string) => Promise<void>;
  /** In which language to tell somebody, where the question does not say. */
  readonly people: Pick<People, 'languageOf'>;
  readonly platform: Platform;
}) {
  return {
    async explain(turnId: string, who: Sender): Promise<string> {
      const turn = await deps.read(turnId);
      const locale =
        turn?.language ?? turn?.message.locale ?? (await deps.people.languageOf(deps.platform, who));
      return explainPolicy(policyOf(turn?.reason), locale);
    },
    /**
     * Puts it on record, for tuning; of each person once, however often they press. False when there is nothing to be
     * disputed (any more).
     */
    async dispute(turnId: string, who: Sender): Promise<boolean> {
      const turn = await deps.read(turnId);
      const policy = policyOf(turn?.reason);
      if (!turn || !policy) return false;
      const name = `disputed:${turnId}:${who.tenant}:${who.id}`;
      if (!(await deps.once(name, TURN_RETENTION_S))) return true;
      const { platform } = turn.message.key;
      try {
        await deps.audit.record({
          type: 'guardrail.disputed',
          who: { kind: 'person', platform, tenant: who.tenant, user: who.id },
          turn: turnId,
          policy,
        });
      } catch (error) {
        await deps.takeBack(name);
        throw error;
      }
      return true;
    },
  };
}
