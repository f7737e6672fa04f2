import type { GuardrailConfig, Source } from '../model.ts';
import { actionOf, type Directed, isEnabled } from './directed.ts';
import { findPii } from './pii.ts';

/** Personal data and regular expressions of a guardrail in one text, and the text with what is to be masked masked. */

type Action = 'ANONYMIZED' | 'BLOCKED' | 'NONE';
interface Found {
  readonly match: string;
  readonly action: Action;
  readonly detected: boolean;
  readonly start: number;
  readonly end: number;
}
export interface Sensitive {
  readonly entities: readonly (Found & { readonly type: string })[];
  readonly regexes: readonly (Found & { readonly name: string; readonly regex: string })[];
}

const DONE = { ANONYMIZE: 'ANONYMIZED', BLOCK: 'BLOCKED', NONE: 'NONE' } as const;

type Wanted = keyof typeof DONE;
type Rule = Directed<Wanted> & { readonly action: Wanted };

/** The service masks questions only where the rule says so for questions; `action` alone is for answers. */
export const isLookedFor = (rule: Rule, source: Source): boolean =>
  isEnabled(rule, source) &&
  !(source === 'INPUT' && rule.action === 'ANONYMIZE' && rule.inputAction === undefined);

const actionFor = (one: Rule, source: Source): Action => DONE[actionOf(one, source) ?? one.action];

export function sensitiveIn(text: string, config: GuardrailConfig, source: Source): Sensitive {
  const { piiEntitiesConfig = [], regexesConfig = [] } = config.sensitiveInformationPolicyConfig ?? {};
  const kinds = new Map(
    piiEntitiesConfig
      .filter((one) => isLookedFor(one, source))
      .map((one) => [one.type, actionFor(one, source)] as const),
  );
  const entities = findPii(text, new Set(kinds.keys())).map(({ type, start, end }) => ({
    match: text.slice(start, end),
    type,
    action: kinds.get(type) ?? ('NONE' as const),
    detected: true,
    start,
    end,
  }));
  const regexes = regexesConfig
    .filter((one) => isLookedFor(one, source))
    .flatMap((one) =>
      [...text.matchAll(new RegExp(one.pattern, 'g'))]
        .filter(([match]) => match !== '')
        .map((match) => ({
          name: one.name,
          match: match[0],
          regex: one.pattern,
          action: actionFor(one, source),
          detected: true,
          start: match.index,
          end: match.index + match[0].length,
        })),
    );
  return { entities, regexes };
}

/** `{EMAIL}` in the place of an address, `{name}` in that of a regular expression's match; of overlapping ones the first. */
export function maskText(text: string, sensitive: Sensitive | undefined): string {
  if (!sensitive) return text;
  const marks = [
    ...sensitive.entities.map((one) => ({ ...one, mark: `{${one.type}}` })),
    ...sensitive.regexes.map((one) => ({ ...one, mark: `{${one.name}}` })),
  ]
    .filter(({ action }) => action === 'ANONYMIZED')
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let out = '';
  let at = 0;
  for (const { start, end, mark } of marks) {
    if (end <= at) continue;
    // The rest of an overlap goes with its first part.
    if (start >= at) out += text.slice(at, start) + mark;
    at = end;
  }
  return out + text.slice(at);
}
