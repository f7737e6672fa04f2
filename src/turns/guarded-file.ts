import type { ReplyFile } from '../chat/vocabulary.ts';
import type { Gate } from '../guardrails/gate.ts';
import { mask, unite } from '../guardrails/replay.ts';

/** Files with words inside; what is in others, nobody reads. */
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
  const text = READABLE.test(mediaType) ? decode(Buffer.from(base64, 'base64')) : '';
  const parts = [];
  for (let at = 0; at < text.length; at += PART - OVERLAP)
    parts.push({ at, text: text.slice(at, at + PART) });
  return { text, parts };
}

/** Files of spreadsheets are often UTF-16. */
function decode(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
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
