import type { Answer } from '../api.ts';
import { jsonAnswer } from '../json-shape.ts';
import { assess, type Judgement } from './judge/assess.ts';
import { isEnabled } from './judge/directed.ts';
import { applyGuardrail, type GuardrailConfig, readInput, type Source } from './model.ts';
import { type createGuardrailGate, unitsOf } from './quotas.ts';
import type { GuardrailStore } from './store.ts';

/** ApplyGuardrail, of the data plane. A guardrail under change answers by what it is being changed to. */
export function createApply(deps: {
  readonly store: GuardrailStore;
  readonly gate: ReturnType<typeof createGuardrailGate>;
}): (input: unknown) => Answer {
  return (raw) => {
    const input = readInput(applyGuardrail, raw);
    const guardrail = deps.store.get(input.guardrailIdentifier, input.guardrailVersion);
    const { config } = guardrail;
    deps.gate.pass(unitsOf(input.content.reduce((sum, { text }) => sum + text.text.length, 0)));
    const started = performance.now();
    const judged = assess(config, input);
    const usage = usageOf(config, input.source, judged);
    const guardrailCoverage = { textCharacters: { guarded: judged.guarded, total: judged.total } };
    const guardrailProcessingLatency = Math.ceil(performance.now() - started);
    const message = input.source === 'INPUT' ? config.blockedInputMessaging : config.blockedOutputsMessaging;
    return jsonAnswer(200, {
      usage,
      ...decision(judged, message),
      assessments: [
        {
          ...judged.assessment,
          invocationMetrics: { guardrailProcessingLatency, usage, guardrailCoverage },
          appliedGuardrailDetails: {
            guardrailId: guardrail.id,
            guardrailVersion: guardrail.version,
            guardrailArn: guardrail.arn,
            guardrailOrigin: ['REQUEST'],
            guardrailOwnership: 'SELF',
          },
        },
      ],
      guardrailCoverage,
    });
  };
}

/** A mask is an intervention too; what blocks goes before it. */
function decision({ blocked, masked }: Judgement, message: string): object {
  if (blocked) {
    return {
      action: 'GUARDRAIL_INTERVENED',
      actionReason: 'Guardrail blocked.',
      outputs: [{ text: message }],
    };
  }
  if (masked) {
    return {
      action: 'GUARDRAIL_INTERVENED',
      actionReason: 'Guardrail masked.',
      outputs: masked.map((text) => ({ text })),
    };
  }
  return { action: 'NONE', actionReason: 'No action.', outputs: [] };
}

/**
 * Text units by policy, for what is looked at in this direction at all; regular expressions by themselves cost nothing, and
 * neither do words.
 */
function usageOf(config: GuardrailConfig, source: Source, { guarded, groundingChars }: Judgement) {
  const units = (rules: readonly Parameters<typeof isEnabled>[0][] | undefined) =>
    rules?.some((rule) => isEnabled(rule, source)) ? unitsOf(guarded) : 0;
  const words = config.wordPolicyConfig;
  const sensitive = config.sensitiveInformationPolicyConfig;
  return {
    topicPolicyUnits: units(config.topicPolicyConfig?.topicsConfig),
    contentPolicyUnits: units(config.contentPolicyConfig?.filtersConfig),
    wordPolicyUnits: units([...(words?.wordsConfig ?? []), ...(words?.managedWordListsConfig ?? [])]),
    sensitiveInformationPolicyUnits: units(sensitive?.piiEntitiesConfig),
    sensitiveInformationPolicyFreeUnits: units(sensitive?.regexesConfig),
    contextualGroundingPolicyUnits: unitsOf(groundingChars),
    contentPolicyImageUnits: 0,
    automatedReasoningPolicyUnits: 0,
    automatedReasoningPolicies: 0,
  };
}
