import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { GuardrailPolicy } from '../../../infra/guardrail/policy.ts';
import { Complaint } from '../redis.ts';

/** Texts with what a guardrail should find in each: files of `language | INPUT or OUTPUT | labels | text`, and grounding.json. */

export interface Labelled {
  /** File and line. */
  readonly at: string;
  readonly language: string;
  readonly source: 'INPUT' | 'OUTPUT';
  readonly text: string;
  /** Names of policies: filters, topics, kinds of data, regular expressions, PROFANITY, GROUNDING, RELEVANCE. */
  readonly expect: readonly string[];
  /** May be found too, and counts neither way. */
  readonly may: readonly string[];
  /** What the answer is compared with. */
  readonly grounding?: { readonly source: string; readonly query: string };
}

export const DEFAULT_CORPUS = join(import.meta.dirname, '../../../infra/guardrail/corpus');

/** Every label that a policy can get. */
export function labelsOf(policy: GuardrailPolicy): string[] {
  const { piiEntitiesConfig = [], regexesConfig = [] } = policy.sensitiveInformationPolicyConfig ?? {};
  const names = [
    ...(policy.contentPolicyConfig?.filtersConfig ?? []).map(({ type }) => type),
    ...(policy.topicPolicyConfig?.topicsConfig ?? []).map(({ name }) => name),
    'PROFANITY',
    ...piiEntitiesConfig.map(({ type }) => type),
    ...regexesConfig.map(({ name }) => name),
    ...(policy.contextualGroundingPolicyConfig?.filtersConfig ?? []).map(({ type }) => type),
  ];
  return names.filter((name) => name !== undefined);
}

const groundingFile = z.array(
  z.strictObject({
    lang: z.string(),
    expect: z.array(z.string()),
    query: z.string(),
    source: z.string(),
    answer: z.string(),
  }),
);

/** @throws Complaint with file and line for what cannot be read, and for labels that no policy has. */
export function readCorpus(folder: string, labels: readonly string[]): Labelled[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw new Complaint(`The corpus ${folder} cannot be read: ${(error as Error).message}`);
  }
  const all = names.flatMap((name) => {
    const text = () => readFileSync(join(folder, name), 'utf8');
    if (name.endsWith('.txt')) return readLines(name, text());
    return name === 'grounding.json' ? readGrounding(name, text()) : [];
  });
  if (all.length === 0) throw new Complaint(`The corpus ${folder} has no texts: put lines into a .txt file.`);
  for (const { at, expect, may } of all) {
    const wrong = [...expect, ...may].find((label) => !labels.includes(label));
    if (wrong !== undefined) {
      throw new Complaint(`${at}: no policy is called ${wrong}. There is ${labels.join(', ')}.`);
    }
  }
  return all;
}

function readLines(name: string, content: string): Labelled[] {
  return content.split('\n').flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const at = `${name}:${index + 1}`;
    const [language, source, labels, ...rest] = line.split(' | ');
    const text = rest.join(' | ').trim();
    if (!language || (source !== 'INPUT' && source !== 'OUTPUT') || !labels || text === '') {
      throw new Complaint(`${at}: a line is "language | INPUT or OUTPUT | labels or - | text".`);
    }
    const each = labels.split(',').map((label) => label.trim());
    return [
      {
        at,
        language,
        source,
        text: fillIn(text),
        expect: each.filter((label) => label !== '-' && !label.startsWith('?')),
        may: each.filter((label) => label.startsWith('?')).map((label) => label.slice(1)),
      },
    ];
  });
}

function readGrounding(name: string, content: string): Labelled[] {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw new Complaint(`${name}: ${(error as Error).message}`);
  }
  const parsed = groundingFile.safeParse(json);
  if (!parsed.success) throw new Complaint(`${name}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.map(({ lang, expect, answer, source, query }, index) => ({
    at: `${name}:${index + 1}`,
    language: lang,
    source: 'OUTPUT' as const,
    text: answer,
    expect,
    may: [],
    grounding: { source, query },
  }));
}

const LETTERS = 'aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zAbCdEfGhIjKlMnOpQrStUvWxYz0123456789aBcDeFgHiJkLmNoPqRsTuVw';
const parts = (...pieces: readonly string[]) => pieces.join('');

/** Secrets that are none, of the right form. They never stand in a file as a whole. */
const STAND_INS: Readonly<Record<string, string>> = {
  'aws-access-key': parts('AKIA', 'IOSFODNN7', 'EXAMPLE'),
  'aws-secret-key': parts('wJalrXUtnFEMI', '/K7MDENG/bPxRfi', 'CYEXAMPLEKEY'),
  'private-key': parts('-----BEGIN RSA ', 'PRIVATE KEY', '----- MIIEowIBAAKCAQEA'),
  'github-token': parts('ghp', '_', LETTERS.slice(0, 36)),
  'gitlab-token': parts('glpat', '-', LETTERS.slice(0, 20)),
  'slack-token': parts('xoxb', '-123456789012-', LETTERS.slice(0, 24)),
  'google-api-key': parts('AIza', LETTERS.slice(0, 35)),
  'model-api-key': parts('sk', '-proj-', LETTERS.slice(0, 32)),
  'azure-key': parts('Account', 'Key=', LETTERS.slice(0, 86), '=='),
  'signed-token': parts('eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxMjM0NTY3ODkwIn0.', LETTERS.slice(0, 43)),
  'connection-string': parts('postgres', '://app:', 'Xk29-vQ7zT', '@db.internal:5432/app'),
};

const fillIn = (text: string) =>
  text.replace(/<<([a-z-]+)>>/g, (whole, name: string) => STAND_INS[name] ?? whole);
