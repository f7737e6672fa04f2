import { randomBytes } from 'node:crypto';
import type { Audit } from '../audit/recorder.ts';
import type { Policy } from '../chat/policies.ts';
import type { ConversationKey, ConversationKind, InboundMessage, Sender } from '../chat/vocabulary.ts';
import { createGuardrailCounts } from '../guardrails/counts.ts';
import { createExamples, type Example } from '../guardrails/examples.ts';
import type { GuardMode, Intervention } from '../guardrails/guards.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import { createSealer } from '../store/sealed.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ClaimedTurn } from '../turns/turn.ts';

export interface SightingsDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly dataKeys: DataKeys | undefined;
  readonly audit: Pick<Audit, 'note'>;
  readonly metrics: Pick<Metrics, 'guardrailIntervention' | 'guardrailTurn'>;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => () => void;
  readonly mode: GuardMode | 'off';
  /** Whether pieces of what was minded are kept. */
  readonly keepExamples: boolean;
}

interface Place {
  readonly key: ConversationKey;
  readonly kind: ConversationKind;
}

/** Who hears of what a policy minded: metrics, the audit log, the counts of the day, and the examples. */
export function composeSightings(deps: SightingsDeps) {
  const { redis, keyPrefix, dataKeys, metrics, log, now, mode } = deps;
  const counts = createGuardrailCounts({ redis, keyPrefix, now, after: deps.after, log });
  const sealer = dataKeys && createSealer({ keys: dataKeys, randomBytes });
  const examples = createExamples({ redis, keyPrefix, sealer, now });
  /** What was noted of turns that run. */
  const noted = new WeakMap<ClaimedTurn, Set<string>>();
  const keeping = new Set<Promise<void>>();

  function notedOf(turn: ClaimedTurn): Set<string> {
    const known = noted.get(turn) ?? new Set();
    noted.set(turn, known);
    return known;
  }

  function first(turn: ClaimedTurn, what: string): boolean {
    const known = notedOf(turn);
    return known.size < known.add(what).size;
  }

  function count(turn: ClaimedTurn, outcome: 'checked' | 'intervened'): void {
    // Without a guardrail turns are not checked: a secret counts, and says nothing about policies.
    if (mode === 'off' || !first(turn, outcome)) return;
    const { message } = turn;
    metrics.guardrailTurn(outcome, message.kind, mode);
    counts.add(['turn', outcome, mode, channelOf(message)]);
  }

  function keep(
    whose: Sender,
    of: Pick<Example, 'turn' | 'direction'>,
    policies: readonly Policy[],
    { action, example }: Intervention,
  ): void {
    const text = deps.keepExamples ? example?.() : undefined;
    if (text === undefined) return;
    const kept = examples
      .keep(whose, { ...of, at: now(), action, mode, text, policies: [...policies] })
      .catch((error: unknown) => log.warn({ err: error }, 'an example for the report could not be kept'))
      .finally(() => keeping.delete(kept));
    keeping.add(kept);
  }

  /** Of somebody's own: in the counts, on their record, and among the examples. `policies`: those that are new. */
  function note(
    { turn, direction }: Pick<Example, 'turn' | 'direction'>,
    { key, sender, kind }: Place & Pick<InboundMessage, 'sender'>,
    policies: readonly Policy[],
    one: Intervention,
  ): void {
    const { action } = one;
    const who = { kind: 'person', platform: key.platform, tenant: sender.tenant, user: sender.id } as const;
    for (const policy of policies) {
      metrics.guardrailIntervention(policy, direction, action, kind, mode);
      const facts = { who, ...(turn === undefined ? {} : { turn }), direction, action, mode, policy };
      deps.audit.note({ type: 'guardrail.intervened', ...facts });
      counts.add([direction, action, policy, mode, channelOf({ key, kind })]);
    }
    if (policies.length > 0) keep(sender, { turn, direction }, policies, one);
  }

  return {
    /** A turn is about to be checked. */
    checked: (turn: ClaimedTurn): void => count(turn, 'checked'),

    /** Of a turn; each policy counts once for a question and once for its answer. */
    inTurn(turn: ClaimedTurn, one: Intervention): void {
      const { direction, action } = one;
      const policies = one.policies.filter((policy) => first(turn, `${direction} ${policy} ${action}`));
      note({ turn: turn.id, direction }, turn.message, policies, one);
      // That it could not be checked says nothing about what somebody wrote.
      if (policies.some((policy) => policy !== 'unavailable')) count(turn, 'intervened');
    },

    /**
     * Of what somebody types besides questions; answers who hears of it, and counts each policy once. It is theirs alone
     * wherever they type it, so it counts as a direct message does.
     */
    inWords({ key, sender }: Pick<InboundMessage, 'key' | 'sender'>): (one: Intervention) => void {
      const known = new Set<string>();
      return (one) => {
        const policies = one.policies.filter(
          (policy) => known.size < known.add(`${policy} ${one.action}`).size,
        );
        note({ direction: 'words' }, { key, sender, kind: 'direct' }, policies, one);
      };
    },

    /** Of what others said in a thread: they did not ask for anything, so it stands on nobody's record. */
    inThread(place: Place, { policies, action }: Intervention): void {
      for (const policy of policies) {
        metrics.guardrailIntervention(policy, 'thread', action, place.kind, mode);
        counts.add(['thread', action, policy, mode, channelOf(place)]);
      }
    },

    async close(): Promise<void> {
      await Promise.all([counts.close(), ...keeping]);
    },
  };
}

const channelOf = ({ key, kind }: Place): string => (kind === 'direct' ? 'direct' : key.conversation);
