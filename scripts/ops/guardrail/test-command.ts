import { setTimeout as wait } from 'node:timers/promises';
import { ApplyGuardrailCommand, BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { InvalidArgumentError } from 'commander';
import { atHand, conclude, insistOnFile } from '../at-hand.ts';
import { complaints } from '../aws-calls.ts';
import { Complaint } from '../redis.ts';
import { type Labelled, labelsOf, readCorpus } from './corpus.ts';
import { findGuardrail, withHands } from './guardrails.ts';
import { labelsIn, type Miss, missesOf, type Outcome, type Score, scoreOf, scoreOfTexts } from './scores.ts';
import {
  type GuardrailOptions,
  guardrailWanted,
  policyFor,
  readGuardrailSettings,
  regionFor,
} from './settings.ts';

/** `guardrail test`: every text of the corpus through ApplyGuardrail, and how right it was. */

export interface TestOptions extends GuardrailOptions {
  readonly guardrailVersion?: string;
  readonly corpus: string;
  readonly only?: string;
  readonly rate: number;
  readonly minPrecision: number;
  readonly minRecall: number;
  readonly misses: boolean;
}

export async function test(options: TestOptions): Promise<void> {
  insistOnFile(options);
  const { settings, changes } = await atHand(options, readGuardrailSettings);
  const region = regionFor(settings, options);
  await withHands(region, changes, async (hands) => {
    const wanted = guardrailWanted(settings, options);
    const found = await findGuardrail(hands, wanted, options.guardrailVersion ?? settings.version);
    if (!found) {
      throw new Complaint(
        `There is no guardrail called ${wanted.name} in ${region}. Make it: npm run ops -- guardrail create`,
      );
    }
    const labels = labelsOf(policyFor(region, options, found));
    if (options.only !== undefined && !labels.includes(options.only)) {
      throw new Complaint(`No policy is called ${options.only}. There is ${labels.join(', ')}.`);
    }
    const texts = readCorpus(options.corpus, labels);
    const { guardrailId = '', version = '' } = found;
    const outcomes = await judge(texts, { region, guardrailId, version, rate: options.rate });
    report(options, outcomes, labels, { guardrailId, version, region });
  });
}

/** Starts at most `rate` calls a second. A call that AWS throttles is tried again. */
async function judge(
  texts: readonly Labelled[],
  by: {
    readonly region: string;
    readonly guardrailId: string;
    readonly version: string;
    readonly rate: number;
  },
): Promise<Outcome[]> {
  const client = new BedrockRuntimeClient({ region: by.region, maxAttempts: 6 });
  const watch = complaints('bedrock', { readOnly: false });
  client.middlewareStack.add(watch, { step: 'initialize', name: 'complaints', priority: 'high' });
  // The first failure ends the run: the others would fail the same way.
  const failed = new AbortController();
  const one = async (text: Labelled, at: number): Promise<Outcome> => {
    await wait((at * 1_000) / by.rate, undefined, { signal: failed.signal });
    const command = new ApplyGuardrailCommand({
      guardrailIdentifier: by.guardrailId,
      guardrailVersion: by.version,
      source: text.source,
      content: contentOf(text),
    });
    try {
      return { ...text, found: labelsIn(await client.send(command, { abortSignal: failed.signal })) };
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  try {
    return await Promise.all(texts.map(one));
  } finally {
    client.destroy();
  }
}

const contentOf = ({ text, grounding }: Labelled) =>
  grounding
    ? [
        { text: { text: grounding.source, qualifiers: ['grounding_source' as const] } },
        { text: { text: grounding.query, qualifiers: ['query' as const] } },
        { text: { text, qualifiers: ['guard_content' as const] } },
      ]
    : [{ text: { text } }];

function report(
  options: TestOptions,
  outcomes: readonly Outcome[],
  labels: readonly string[],
  of: Readonly<Record<'guardrailId' | 'version' | 'region', string>>,
): void {
  const policies = labels
    .filter((label) => options.only === undefined || label === options.only)
    .map((policy) => ({ policy, ...scoreOf(outcomes, policy) }));
  const group = (of: (one: Outcome) => string) =>
    [...new Set(outcomes.map(of))].map((key) => {
      const some = outcomes.filter((one) => of(one) === key);
      return { policy: key, texts: some.length, ...scoreOfTexts(some) };
    });
  const languages = group(({ language }) => language);
  const directions = group(({ source }) => source);
  const overall = { policy: 'all texts', ...scoreOfTexts(outcomes) };
  const about = ({ missed, wrong }: Miss) =>
    options.only === undefined || [...missed, ...wrong].includes(options.only);
  const misses = missesOf(outcomes).filter(about);
  const poor = policies.filter(
    ({ precision, recall }) => (precision ?? 1) < options.minPrecision || (recall ?? 1) < options.minRecall,
  );
  const result = {
    ...of,
    texts: outcomes.length,
    overall,
    directions: directions.map(({ policy: direction, ...score }) => ({ direction, ...score })),
    languages: languages.map(({ policy: language, ...score }) => ({ language, ...score })),
    policies,
    misses,
    ok: poor.length === 0,
  };
  conclude(options.json, result, () =>
    [
      `${outcomes.length} texts through guardrail ${of.guardrailId} ${of.version} in ${of.region}`,
      '',
      table([...policies, ...languages, ...directions, overall]),
      '',
      ...(options.misses
        ? misses.map(describe)
        : [`${misses.length} texts were judged otherwise; --misses tells which.`]),
      ...poor.map(({ policy }) => `${policy} is below what --min-precision and --min-recall ask for.`),
    ].join('\n'),
  );
  if (poor.length > 0) process.exitCode = 1;
}

function table(scores: readonly (Score & { readonly policy: string })[]): string {
  const share = (value: number | null) => (value === null ? '–' : value.toFixed(3));
  const line = (cells: readonly (string | number)[]) =>
    cells.map((cell, at) => (at === 0 ? String(cell).padEnd(40) : String(cell).padStart(10))).join('');
  return [
    line(['policy', 'expected', 'found', 'right', 'precision', 'recall']),
    ...scores.map((one) =>
      line([one.policy, one.expected, one.found, one.right, share(one.precision), share(one.recall)]),
    ),
  ].join('\n');
}

const describe = ({ at, source, missed, wrong, text }: Miss) =>
  `${at}  ${source}${missed.length > 0 ? `  missed ${missed.join(', ')}` : ''}${wrong.length > 0 ? `  wrongly ${wrong.join(', ')}` : ''}\n    ${text}`;

export function readShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('It is a share from 0 to 1.');
}

export function readRate(text: string): number {
  const rate = Number(text);
  if (rate > 0 && rate <= 10_000) return rate;
  throw new InvalidArgumentError('It is a number of calls a second.');
}
