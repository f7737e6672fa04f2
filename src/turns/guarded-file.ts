import { isUtf8 } from 'node:buffer';
import type { ReplyFile } from '../chat/vocabulary.ts';
import type { Gate } from '../guardrails/gate.ts';
import { mask, unite } from '../guardrails/replay.ts';

/** Files with words inside, whatever their bytes; of others, those whose bytes are words. */
const READABLE = /^(?:text\/|application\/(?:json|x-ndjson|yaml|x-yaml|xml|csv|javascript|x-sh)|image\/svg)/i;
/** Longer files are read in parts, which overlap by so much: nothing shorter hides between two. */
const PART = 8_000;
const OVERLAP = 200;

interface Words {
  readonly text: string;
  readonly parts: readonly { readonly at: number; readonly text: string }[];
}

const read = new WeakMap<ReplyFile, Words>();

/** Read once: views come with every few words, and a file is the same in all of them. */
function wordsIn(file: ReplyFile): Words {
  const known = read.get(file) ?? wordsOf(file);
  read.set(file, known);
  return known;
}

function wordsOf({ mediaType, base64 }: ReplyFile): Words {
  const bytes = Buffer.from(base64, 'base64');
  const encoding = encodingOf(bytes);
  const text = encoding || READABLE.test(mediaType) ? new TextDecoder(encoding).decode(bytes) : '';
  const parts = [];
  for (let at = 0; at < text.length; at += PART - OVERLAP)
    parts.push({ at, text: text.slice(at, at + PART) });
  return { text, parts };
}

/** How words are written in these bytes; undefined where they hold none. Files of spreadsheets are often UTF-16. */
function encodingOf(bytes: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe') return 'utf-16le';
  if (mark === 'feff') return 'utf-16be';
  const zeros = [0, 0];
  const begun = bytes.subarray(0, 2_000);
  for (const [at, byte] of begun.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (even + odd === 0) return isUtf8(bytes) ? 'utf-8' : undefined;
  // Words of our letters have a zero in every other place, and none elsewhere.
  if (even + odd < begun.length / 4 || (even > 0 && odd > 0)) return undefined;
  return odd > 0 ? 'utf-16le' : 'utf-16be';
}

/** The words of a file, as they are checked. */
export const partsIn = (file: ReplyFile): string[] => wordsIn(file).parts.map(({ text }) => text);

/** Its content with what was masked; as it is where nothing was; undefined until all of it was checked. */
export function maskedFile(file: ReplyFile, gate: Pick<Gate, 'maskedIn'>): string | undefined {
  const { text, parts } = wordsIn(file);
  const spans = [];
  for (const part of parts) {
    const found = gate.maskedIn(part.text);
    if (!found) return undefined;
    for (const { start, end, label } of found)
      spans.push({ start: part.at + start, end: part.at + end, label });
  }
  return spans.length === 0 ? file.base64 : Buffer.from(mask(text, unite(spans))).toString('base64');
}
