import { isDeepStrictEqual } from 'node:util';
import type { GuardrailPolicy } from '../../../infra/guardrail/policy.ts';
import type { Found } from './guardrails.ts';

/** A guardrail in the form of the policy file, and where the two differ. Pure. */

export interface Difference {
  /** Such as `topicPolicyConfig.Politics.definition`. */
  readonly setting: string;
  /** undefined: it is missing. */
  readonly is: unknown;
  readonly wanted: unknown;
}

/** As CreateGuardrail takes it. */
export function policyOf(found: Found): GuardrailPolicy {
  const { topicPolicy, contentPolicy, wordPolicy, sensitiveInformationPolicy: sensitive } = found;
  return present({
    name: found.name,
    description: found.description,
    blockedInputMessaging: found.blockedInputMessaging,
    blockedOutputsMessaging: found.blockedOutputsMessaging,
    contentPolicyConfig: contentPolicy && {
      filtersConfig: contentPolicy.filters,
      tierConfig: contentPolicy.tier,
    },
    topicPolicyConfig: topicPolicy && { topicsConfig: topicPolicy.topics, tierConfig: topicPolicy.tier },
    wordPolicyConfig: wordPolicy && {
      wordsConfig: wordPolicy.words,
      managedWordListsConfig: wordPolicy.managedWordLists,
    },
    sensitiveInformationPolicyConfig: sensitive && {
      piiEntitiesConfig: sensitive.piiEntities,
      regexesConfig: sensitive.regexes,
    },
    contextualGroundingPolicyConfig: found.contextualGroundingPolicy && {
      filtersConfig: found.contextualGroundingPolicy.filters,
    },
    crossRegionConfig: found.crossRegionDetails && {
      guardrailProfileIdentifier: found.crossRegionDetails.guardrailProfileId,
    },
  }) as GuardrailPolicy;
}

/** Without members that are undefined or an empty list, at any depth. */
function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined && !(Array.isArray(each) && each.length === 0))
      .map(([name, each]) => [name, present(each)]),
  );
}

/** What the service takes for granted, and tells whether or not it was said. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  inputEnabled: true,
  outputEnabled: true,
  enabled: true,
  inputModalities: ['TEXT'],
  outputModalities: ['TEXT'],
  tierConfig: { tierName: 'CLASSIC' },
};

export function differencesOf(is: GuardrailPolicy, wanted: GuardrailPolicy): Difference[] {
  return compare('', present(is), present(wanted));
}

function compare(at: string, is: unknown, wanted: unknown): Difference[] {
  const both = [is, wanted].map(asMembers);
  const [a, b] = both;
  if (!a || !b) return isDeepStrictEqual(is, wanted) ? [] : [{ setting: at, is, wanted }];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.flatMap((name) =>
    compare(at === '' ? name : `${at}.${name}`, a[name] ?? byDefault(name, a), b[name] ?? byDefault(name, b)),
  );
}

/** Each direction of a rule goes by its action, and that blocks unless it says something else. */
function byDefault(name: string, rule: Readonly<Record<string, unknown>>): unknown {
  // What is masked is masked in answers only, until the other direction is said too.
  if (rule.action === 'ANONYMIZE' && (name === 'inputAction' || name === 'inputEnabled')) return undefined;
  if (name === 'inputAction' || name === 'outputAction') return rule.action ?? 'BLOCK';
  if (name === 'action' && 'threshold' in rule) return 'BLOCK';
  return DEFAULTS[name];
}

/** Lists of rules by their names, because their order means nothing. undefined for what is no rule and no list of rules. */
function asMembers(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return value as Record<string, unknown>;
  const named = value.map((each): [string, unknown] | undefined => {
    const { name, type, text } = each as { name?: string; type?: string; text?: string };
    const key = name ?? text ?? type;
    return key === undefined ? undefined : [key, each];
  });
  return named.every((entry) => entry !== undefined) ? Object.fromEntries(named) : undefined;
}

export function describeDifferences(differences: readonly Difference[]): string {
  const show = (value: unknown) => (value === undefined ? 'missing' : short(JSON.stringify(value)));
  return differences
    .map(({ setting, is, wanted }) => `${setting}\n  is      ${show(is)}\n  wanted  ${show(wanted)}`)
    .join('\n');
}

const short = (text: string) => (text.length > 160 ? `${text.slice(0, 157)}…` : text);
