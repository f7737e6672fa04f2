import type { ApplyInput, GuardrailConfig, Source } from '../model.ts';
import { actionOf, isEnabled } from './directed.ts';
import { scoreGrounding } from './grounding.ts';
import { confidenceOf, isFiltered } from './harm.ts';
import { isLookedFor, maskText, type Sensitive, sensitiveIn } from './sensitive.ts';
import { isAbout } from './topics.ts';
import { findProfanity, findWord } from './words.ts';

/** What a guardrail says about content: the members of `assessments[0]`, and whether it blocks or masks. Pure. */

export interface Judgement {
  readonly assessment: Readonly<Record<string, unknown>>;
  readonly blocked: boolean;
  /** One for each guarded text; undefined where nothing was masked in any. */
  readonly masked: readonly string[] | undefined;
  /** Characters of what the policies saw, and of all that came. */
  readonly guarded: number;
  readonly total: number;
  readonly groundingChars: number;
}

const done = (blocks: boolean) => (blocks ? 'BLOCKED' : 'NONE');

type Block = ApplyInput['content'][number]['text'];
const has = (block: Block, qualifier: 'grounding_source' | 'query' | 'guard_content') =>
  block.qualifiers?.includes(qualifier) ?? false;
/** A source and a query are what is compared with, unless they are marked as content too. */
const isGuarded = (block: Block) => (block.qualifiers ?? []).length === 0 || has(block, 'guard_content');

export function assess(config: GuardrailConfig, input: ApplyInput): Judgement {
  const { source, outputScope } = input;
  const full = outputScope === 'FULL';
  const blocks = input.content.map(({ text }) => text);
  const texts = blocks.filter(isGuarded).map(({ text }) => text);
  const whole = texts.join('\n');

  const topics = topicsIn(whole, config, source);
  const filters = filtersIn(whole, config, source);
  const { customWords, managedWordLists } = wordsIn(whole, config, source);
  const sensitive = texts.map((text) => sensitiveIn(text, config, source));
  const grounding = source === 'OUTPUT' ? groundingOf(config, blocks, whole) : undefined;

  const found = <T extends { readonly detected: boolean }>(all: readonly T[]) =>
    full ? all : all.filter(({ detected }) => detected);
  const assessment = {
    ...some('topicPolicy', 'topics', found(topics)),
    ...some('contentPolicy', 'filters', found(filters)),
    ...(customWords.length + managedWordLists.length > 0
      ? { wordPolicy: { customWords, managedWordLists } }
      : {}),
    ...sensitivePolicy(sensitive, config, source, full),
    ...some('contextualGroundingPolicy', 'filters', found(grounding?.filters ?? [])),
  };
  const acted = [
    ...[...topics, ...filters, ...customWords, ...managedWordLists, ...(grounding?.filters ?? [])],
    ...sensitive.flatMap(({ entities, regexes }) => [...entities, ...regexes]),
  ].map(({ action }) => action);
  const masked = texts.map((text, at) => maskText(text, sensitive[at]));
  return {
    assessment,
    blocked: acted.includes('BLOCKED'),
    masked: acted.includes('ANONYMIZED') ? masked : undefined,
    guarded: texts.reduce((sum, text) => sum + text.length, 0),
    total: blocks.reduce((sum, { text }) => sum + text.length, 0),
    groundingChars: grounding ? blocks.reduce((sum, { text }) => sum + text.length, 0) : 0,
  };
}

const topicsIn = (text: string, { topicPolicyConfig }: GuardrailConfig, source: Source) =>
  (topicPolicyConfig?.topicsConfig ?? [])
    .filter((topic) => isEnabled(topic, source))
    .map((topic) => {
      const detected = isAbout(text, topic);
      const action = done(detected && actionOf(topic, source) !== 'NONE');
      return { name: topic.name, type: topic.type, action, detected };
    });

const filtersIn = (text: string, { contentPolicyConfig }: GuardrailConfig, source: Source) =>
  (contentPolicyConfig?.filtersConfig ?? [])
    .filter((filter) => isEnabled(filter, source))
    .flatMap((filter) => {
      const filterStrength = source === 'INPUT' ? filter.inputStrength : filter.outputStrength;
      if (filterStrength === 'NONE') return [];
      const confidence = confidenceOf(text, filter.type);
      const detected = isFiltered(filterStrength, confidence);
      const action = done(detected && actionOf(filter, source) !== 'NONE');
      return [{ type: filter.type, confidence, filterStrength, action, detected }];
    });

function wordsIn(text: string, { wordPolicyConfig }: GuardrailConfig, source: Source) {
  const { wordsConfig = [], managedWordListsConfig = [] } = wordPolicyConfig ?? {};
  const told = (rule: Parameters<typeof actionOf>[0], matches: readonly string[]) => {
    if (!isEnabled(rule, source)) return [];
    const action = done(actionOf(rule, source) !== 'NONE');
    return matches.map((match) => ({ match, action, detected: true }));
  };
  return {
    customWords: wordsConfig.flatMap((word) => told(word, findWord(text, word.text))),
    managedWordLists: managedWordListsConfig.flatMap((list) =>
      told(list, findProfanity(text)).map((one) => ({ ...one, type: list.type })),
    ),
  };
}

const some = (policy: string, member: string, list: readonly object[]) =>
  list.length > 0 ? { [policy]: { [member]: list } } : {};

function sensitivePolicy(
  all: readonly Sensitive[],
  config: GuardrailConfig,
  source: Source,
  full: boolean,
): object {
  const everything = [...all.flatMap(({ entities }) => entities), ...all.flatMap((one) => one.regexes)];
  // Where something blocks, what would have been masked is not told.
  const blocks = everything.some(({ action }) => action === 'BLOCKED');
  const isTold = ({ action }: { readonly action: string }) => !blocks || action !== 'ANONYMIZED';
  const found = all.flatMap(({ entities }) => entities).filter(isTold);
  const regexes = all.flatMap((one) => one.regexes).filter(isTold);
  // FULL tells of each kind that was looked for and not found; of regular expressions it does not.
  const others = full
    ? (config.sensitiveInformationPolicyConfig?.piiEntitiesConfig ?? [])
        .filter((one) => isLookedFor(one, source) && !found.some(({ type }) => type === one.type))
        .map(({ type }) => ({ match: '', type, action: 'NONE', detected: false }))
    : [];
  const piiEntities = [...found.map(({ start: _start, end: _end, ...told }) => told), ...others];
  if (piiEntities.length + regexes.length === 0) return {};
  return {
    sensitiveInformationPolicy: {
      piiEntities,
      regexes: regexes.map(({ start: _start, end: _end, ...told }) => told),
    },
  };
}

/** undefined when there is nothing to compare with. */
function groundingOf(config: GuardrailConfig, blocks: readonly Block[], answer: string) {
  const wanted = config.contextualGroundingPolicyConfig?.filtersConfig.filter(
    ({ enabled }) => enabled ?? true,
  );
  const joined = (qualifier: 'grounding_source' | 'query') =>
    blocks
      .filter((block) => has(block, qualifier))
      .map(({ text }) => text)
      .join('\n');
  const source = joined('grounding_source');
  const query = joined('query');
  if (!wanted?.length || source === '' || query === '') return undefined;
  const scores = scoreGrounding({ source, query, answer });
  return {
    filters: wanted.map(({ type, threshold, action }) => {
      const detected = scores[type] < threshold;
      return { type, threshold, score: scores[type], action: done(detected && action !== 'NONE'), detected };
    }),
  };
}
