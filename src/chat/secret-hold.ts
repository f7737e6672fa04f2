import { HINT_REACH, isFarFromSecrets, secretIn } from './secrets.ts';

/**
 * Keeps secrets out of words that are shown as they come in, without a hold-back that anybody would notice: only the last
 * word, until it is whole. From the first word on that makes a secret of what it ends, nothing more comes out.
 */
export interface SecretHold {
  /** What of the text so far can be given out, after all that was. */
  write(text: string): string;
  /** The rest. */
  end(): string;
  /** The rule that the text breaks, once it does: nothing comes out any more. */
  broken(): string | undefined;
}

/** An invisible character that counts as white space hides inside a word. */
const SPACE = /(?!\ufeff)\s/;
const SPACES = /(?:(?!\ufeff)\s)+/g;
/** Letters of scripts that are written without white space end a word as well. No form has one, but for values that are named. */
const ALONE = /[\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]/;
/** What names a value that may be of any letters. */
const NAMED =
  /(?:pass|pwd|kennwort|contrase|secret|key|token|auth)[\w\s"'`\\-]{0,20}(?:[:=>]|\bis\b)|:\/\/|\bcurl\b|--\w|\b(?:bearer|basic)\s/i;
const NAME_REACH = 80;
/** A word may be as long as this before it is given out in parts. Characters. */
const LONGEST_WORD = 4_000;
/** So much of a longer word waits for what follows: forms are known by their first 200 characters. */
const OVERLAP = 300;
/** So much of what was given out is looked at again with what follows. */
const TAIL = 300;
/** The end of a word that the tail begins in: alone it might look like a whole one. */
const CUT_WORD = /^[\w/+=.~-]{1,200}(?![\w/+=.~-])/;

export function createSecretHold(): SecretHold {
  let tail = '';
  /** So it is with most of what is written, and costs a third. */
  let far = true;
  let word = '';
  let rule: string | undefined;

  /** Of the new text, where the last whole word ends. 0: nowhere. */
  function borderIn(text: string): number {
    let last = text.length;
    let named: boolean | undefined;
    for (; last > 0; last -= 1) {
      const letter = text.charAt(last - 1);
      if (SPACE.test(letter)) break;
      if (named === true || !ALONE.test(letter)) continue;
      named = NAMED.test(tail.slice(-NAME_REACH) + word + text);
      if (!named) break;
    }
    return last;
  }

  /** Gives out all of `words` but their last `kept` characters, unless there is a secret in them. */
  function release(words: string, kept = 0): string {
    const safe = far && isFarFromSecrets(tail.slice(-HINT_REACH) + words);
    rule = safe ? undefined : secretIn(tail + words);
    if (rule !== undefined) {
      word = '';
      return words.slice(0, harmlessPart(tail, words));
    }
    const out = kept === 0 ? words : words.slice(0, -kept);
    const told = tail + out;
    tail = told.length <= TAIL ? told : told.slice(-TAIL).replace(CUT_WORD, '');
    far = safe || isFarFromSecrets(tail);
    return out;
  }

  return {
    write(text) {
      if (rule !== undefined) return '';
      const last = borderIn(text);
      const whole = last === 0 ? '' : word + text.slice(0, last);
      word = last === 0 ? word + text : text.slice(last);
      let out = whole === '' ? '' : release(whole);
      if (rule === undefined && word.length > LONGEST_WORD) {
        const long = word;
        word = long.slice(-OVERLAP);
        out += release(long, OVERLAP);
      }
      return out;
    },
    end() {
      const rest = word;
      word = '';
      return rule !== undefined || rest === '' ? '' : release(rest);
    },
    broken: () => rule,
  };
}

/** Where the first word begins that makes a secret of what it ends, in `words` that hold one. Characters. Pure. */
function harmlessPart(tail: string, words: string): number {
  const ends = [...words.matchAll(SPACES)].map(({ 0: spaces, index }) => index + spaces.length);
  let [harmless, end] = [0, ends.length];
  // Whatever comes in one piece is looked at a few times more, not once for each of its words.
  while (harmless < end) {
    const middle = (harmless + end) >> 1;
    if (secretIn(tail + words.slice(0, ends[middle])) === undefined) harmless = middle + 1;
    else end = middle;
  }
  const at = ends[harmless - 1] ?? 0;
  return at < words.length ? at : 0;
}
