import { oneLine } from '../chat/one-line.ts';
import { maskPersonalData } from '../chat/personal-data.ts';
import type { Policy } from '../chat/policies.ts';
import { secretIn } from '../chat/secrets.ts';

/** What a rule found. */
interface Finding {
  readonly policy: Policy;
  readonly rule: string;
  readonly match?: string;
}

const LENGTH = 200;
/** Before the place that it is about. */
const BEFORE = 80;
const LONGEST = 16_000;

/** What stands in a text for these is what somebody wrote, but no secret: it is what an operator has to see. */
const WORDS: ReadonlySet<Policy> = new Set(['word', 'profanity']);

/**
 * A piece of texts that a policy minded: without what rules about personal data have found, whatever came of it, and
 * without what has the form of personal data or of a secret. Undefined when that cannot be taken out for certain. Pure.
 */
export function exampleOf(
  texts: readonly string[],
  findings: readonly Finding[],
  about: Finding | undefined,
): string | undefined {
  const whole = texts.join(' … ');
  if (whole.length > LONGEST) return undefined;
  const hidden = findings.filter(({ policy, match }) => match !== undefined && !WORDS.has(policy));
  // A finding about personal data that does not say where it is, or lies about it.
  if (findings.some(({ policy, match }) => isPersonal(policy) && (!match || !whole.includes(match))))
    return undefined;
  let text = whole;
  for (const { match = '', rule } of hidden.toSorted(
    (a, b) => (b.match ?? '').length - (a.match ?? '').length,
  ))
    if (match !== '') text = text.replaceAll(match, `{${rule}}`);
  text = maskPersonalData(text);
  // Known, but not to be taken out: with letters of other alphabets, say.
  if (secretIn(text) !== undefined) return undefined;
  const place = about ? text.indexOf(WORDS.has(about.policy) ? (about.match ?? '') : `{${about.rule}}`) : 0;
  const from = place <= BEFORE ? 0 : wordAt(text, place - BEFORE);
  return oneLine(`${from > 0 ? '… ' : ''}${text.slice(from)}`, LENGTH);
}

const isPersonal = (policy: Policy) => policy === 'personal_data' || policy === 'pattern';

/** Where a word begins, from `at` on. */
function wordAt(text: string, at: number): number {
  const space = text.indexOf(' ', at);
  return space < 0 ? at : space + 1;
}
