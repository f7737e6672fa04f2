import { z } from 'zod';
import type { Policy } from '../chat/policies.ts';
import { exampleOf } from './example.ts';
import { locate, type Masked } from './replay.ts';
import { ALLOW, type Span, unavailable, type Verdict } from './verdict.ts';

/** What of ApplyGuardrail's answer decides. Source: bedrock-runtime service model, ApplyGuardrailResponse. */
const responseSchema = z.object({
  action: z.enum(['NONE', 'GUARDRAIL_INTERVENED']),
  outputs: z.array(z.object({ text: z.string().optional() })).default([]),
  assessments: z.array(z.record(z.string(), z.unknown())).default([]),
});

/** One rule that found something. */
export interface Finding {
  readonly policy: Policy;
  /** NONE: it only detects. */
  readonly action: string;
  /** The name of the rule, for operators; never what was found. */
  readonly rule: string;
  readonly confidence?: string;
}

interface Found extends Finding {
  readonly match?: string;
}

const FILTERS: Readonly<Record<string, Policy>> = {
  HATE: 'hate',
  INSULTS: 'insults',
  SEXUAL: 'sexual',
  VIOLENCE: 'violence',
  MISCONDUCT: 'misconduct',
  PROMPT_ATTACK: 'prompt_attack',
};

const LISTS: Readonly<Record<string, Policy>> = {
  topics: 'topic',
  customWords: 'word',
  managedWordLists: 'profanity',
  piiEntities: 'personal_data',
  regexes: 'pattern',
};

/** Read so deep; what lies deeper is none of the assessments that AWS describes. */
const DEEPEST = 6;

/** Everything that the assessments found. Whatever has an `action` counts, also in policies that came later. Pure. */
function findingsIn(value: unknown, list = '', policy = '', depth = 0): Found[] {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return [];
  if (Array.isArray(value)) return value.flatMap((one) => findingsIn(one, list, policy, depth + 1));
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields.action === 'string') return [findingOf(fields, list, policy)];
  return Object.entries(fields).flatMap(([name, inner]) =>
    findingsIn(inner, name, policy === '' ? name : policy, depth + 1),
  );
}

function findingOf(fields: Readonly<Record<string, unknown>>, list: string, policy: string): Found {
  const word = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const type = word('type') ?? '';
  const named: Policy =
    policy === 'contextualGroundingPolicy' ? 'grounding' : (LISTS[list] ?? FILTERS[type] ?? 'other');
  // The match of a word list is what somebody wrote; the name of a topic or pattern is the operator's.
  const rule = named === 'topic' || named === 'pattern' ? word('name') : type;
  const match = word('match');
  const confidence = word('confidence');
  return {
    policy: named,
    action: word('action') ?? '',
    rule: rule ?? '',
    ...(confidence === undefined ? {} : { confidence }),
    ...(match === undefined ? {} : { match }),
  };
}

const nameOf = ({ policy, rule }: Finding) => (rule === '' ? policy : `${policy}: ${rule}`);

/**
 * The verdict in an answer of ApplyGuardrail to `texts`. Whatever does not make sense blocks: an unknown action, masks
 * that are not in the text, an output that they do not explain. Pure.
 */
export function judge(response: unknown, texts: readonly string[]): Verdict {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) return unavailable('the answer of the guardrail cannot be read');
  const { action, outputs, assessments } = parsed.data;
  const findings = findingsIn(assessments);
  const blocking = findings.find((one) => one.action !== 'NONE' && one.action !== 'ANONYMIZED');
  if (blocking) {
    const { policy } = blocking;
    const example = () => exampleOf(texts, findings, blocking);
    return { kind: 'block', policy, reason: nameOf(blocking), example };
  }
  const masked = findings.filter((one) => one.action === 'ANONYMIZED');
  if (action === 'NONE' && masked.length === 0) {
    const same = outputs.every((output, i) => output.text === undefined || output.text === texts[i]);
    return same ? ALLOW : unclear('an output without an intervention');
  }
  if (masked.length === 0)
    return { kind: 'block', policy: 'other', reason: 'an intervention without a finding' };
  return redact(texts, outputs, masked, findings);
}

function redact(
  texts: readonly string[],
  outputs: readonly { readonly text?: string | undefined }[],
  masked: readonly Found[],
  findings: readonly Found[],
): Verdict {
  if (outputs.length !== texts.length) return unclear('as many outputs as texts were expected');
  const matches = masked.filter((one): one is Found & Masked => one.match !== undefined);
  const spans: Span[][] = [];
  const guarded: string[] = [];
  for (const [i, text] of texts.entries()) {
    const output = outputs[i]?.text ?? '';
    const found = locate(text, output, matches);
    if (!found) return unclear('its masks do not give its output');
    spans.push(found);
    guarded.push(output);
  }
  const policies = [...new Set(masked.map((one) => one.policy))];
  const example = () => exampleOf(texts, findings, masked[0]);
  return { kind: 'redact', texts: guarded, spans, policies, example };
}

function unclear(reason: string): Verdict {
  return { kind: 'block', policy: 'unclear', reason };
}

/** What an operator sees of an answer with `GUARDRAIL_TRACE`: which rules found something, never what. Pure. */
export function traceOf(response: unknown): readonly Finding[] {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) return [];
  return findingsIn(parsed.data.assessments).map(({ match: _hidden, ...finding }) => finding);
}
