import { oneLine } from './one-line.ts';

/** Files that people attach to a question: what is read of them, on any platform. */
export const MOST_FILES = 10;
/** A picture or document. Bytes. */
export const MOST_BYTES = 5 * 1024 * 1024;
/** Text is read by the guardrail, which takes so long, and by the agent in the middle of a conversation. Bytes. */
export const MOST_TEXT_BYTES = 100 * 1024;

/** Why a file was not read. */
export type Unreadable =
  | 'too_many'
  | 'too_large'
  | 'too_long'
  | 'kind'
  | 'not_text'
  | 'empty'
  | 'not_allowed'
  | 'moved'
  | 'gone'
  | 'no_answer'
  | 'withheld';

const WHY: Readonly<Record<Unreadable, string>> = {
  too_many: `I read ${MOST_FILES} files of a question at most`,
  too_large: 'it is larger than 5 MB',
  too_long: 'it is longer than 100 kB; paste the part that matters',
  kind: 'I read text, tables, JSON, PDF and pictures (PNG, JPEG, GIF, WebP)',
  not_text: 'it is not the text that its name says',
  empty: 'it is empty',
  not_allowed: 'it is kept at a place that I may not read from',
  moved: 'its address leads to another place, where I do not follow',
  gone: 'its address has expired, or I may not read it; attach it again',
  no_answer: 'its place did not answer in time; attach it again',
  withheld: 'our rules for what I may read withhold it',
};

/** In words for the person who attached it. Pure. */
export const unreadText = (name: string, why: Unreadable): string =>
  `I could not read “${oneLine(name, 100)}”: ${WHY[why]}.`;

const TEXTS: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  md: 'text/markdown',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
};
const PLAIN =
  'txt log tf tfvars hcl sh bash ps1 sql ini cfg conf toml env properties py ts js java go rs rb cs template diff patch tsv';
const PLAIN_ENDINGS = new Set(PLAIN.split(' '));
const OTHERS: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
};

/** What a file is, by its name: what servers say of files is often wrong. Undefined for what is not read. Pure. */
export function mediaTypeOf(name: string): string | undefined {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return TEXTS[ending] ?? OTHERS[ending] ?? (PLAIN_ENDINGS.has(ending) ? 'text/plain' : undefined);
}

/** Pure. */
export const isText = (mediaType: string): boolean =>
  mediaType.startsWith('text/') || Object.values(TEXTS).includes(mediaType);

/** How large a file of this kind may be. Bytes. Pure. */
export const mostBytesOf = (mediaType: string): number => (isText(mediaType) ? MOST_TEXT_BYTES : MOST_BYTES);

/** What a picture or document of a kind begins with. Source: the formats' own specifications. */
const BEGINNINGS: Readonly<Record<string, RegExp>> = {
  'image/png': /^\x89PNG\r\n/,
  'image/jpeg': /^\xff\xd8\xff/,
  'image/gif': /^GIF8[79]a/,
  'image/webp': /^RIFF[\s\S]{4}WEBP/,
  'application/pdf': /^%PDF-/,
};

/** Whether bytes are what their kind says; undefined when they are. Pure. */
export function wrongWith(mediaType: string, bytes: Uint8Array): Unreadable | undefined {
  if (bytes.length === 0) return 'empty';
  if (bytes.length > mostBytesOf(mediaType)) return isText(mediaType) ? 'too_long' : 'too_large';
  if (isText(mediaType)) return bytes.includes(0) ? 'not_text' : undefined;
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return BEGINNINGS[mediaType]?.test(head) ? undefined : 'kind';
}
