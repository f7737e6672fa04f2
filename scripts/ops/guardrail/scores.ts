import type { ApplyGuardrailCommandOutput } from '@aws-sdk/client-bedrock-runtime';
import type { Labelled } from './corpus.ts';

/** How right a guardrail is, by policy. Pure. */

export interface Outcome extends Labelled {
  /** Labels of what blocked or masked. */
  readonly found: readonly string[];
}

export interface Score {
  /** How often it should be found, how often it was, and how often both. */
  readonly expected: number;
  readonly found: number;
  readonly right: number;
  /** Shares from 0 to 1; null where there is nothing to divide by. */
  readonly precision: number | null;
  readonly recall: number | null;
}

/** What acted in an answer, by the labels of the corpus. What was only told is left out. */
export function labelsIn({ assessments = [] }: ApplyGuardrailCommandOutput): string[] {
  const acted = <T extends { readonly action?: string | undefined }>(
    all: readonly T[] | undefined,
    label: (one: T) => string | undefined,
  ) => (all ?? []).filter(({ action }) => action !== 'NONE').map(label);
  const labels = assessments.flatMap((one) => [
    ...acted(one.contentPolicy?.filters, ({ type }) => type),
    ...acted(one.topicPolicy?.topics, ({ name }) => name),
    ...acted(one.wordPolicy?.customWords, () => 'PROFANITY'),
    ...acted(one.wordPolicy?.managedWordLists, ({ type }) => type),
    ...acted(one.sensitiveInformationPolicy?.piiEntities, ({ type }) => type),
    ...acted(one.sensitiveInformationPolicy?.regexes, ({ name }) => name),
    ...acted(one.contextualGroundingPolicy?.filters, ({ type }) => type),
  ]);
  return [...new Set(labels.filter((label) => label !== undefined))];
}

export function scoreOf(outcomes: readonly Outcome[], label: string): Score {
  const expected = outcomes.filter(({ expect }) => expect.includes(label));
  const found = outcomes.filter((one) => one.found.includes(label) && !one.may.includes(label));
  return shares(expected.length, found.length, found.filter(({ expect }) => expect.includes(label)).length);
}

/** Of texts, whatever the policy: touched where something should be found, and left alone where nothing should. */
export function scoreOfTexts(outcomes: readonly Outcome[]): Score {
  const counted = outcomes.filter(
    ({ may, expect, found }) => expect.length > 0 || !found.some((one) => may.includes(one)),
  );
  const expected = counted.filter(({ expect }) => expect.length > 0);
  const found = counted.filter((one) => one.found.length > 0);
  return shares(expected.length, found.length, found.filter(({ expect }) => expect.length > 0).length);
}

function shares(expected: number, found: number, right: number): Score {
  const share = (whole: number) => (whole === 0 ? null : Math.round((right / whole) * 1000) / 1000);
  return { expected, found, right, precision: share(found), recall: share(expected) };
}

export interface Miss {
  readonly at: string;
  readonly source: string;
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
  readonly text: string;
}

export function missesOf(outcomes: readonly Outcome[]): Miss[] {
  return outcomes.flatMap(({ at, source, text, expect, may, found }) => {
    const missed = expect.filter((label) => !found.includes(label));
    const wrong = found.filter((label) => !expect.includes(label) && !may.includes(label));
    return missed.length + wrong.length === 0 ? [] : [{ at, source, missed, wrong, text }];
  });
}
