import type { ReplyFile } from '../chat/vocabulary.ts';
import { disarmed } from './text.ts';

/** Slack takes larger and more; what nobody opens in a thread is refused earlier. */
export const MOST_FILES = 10;
const MOST_BYTES = 10 * 1024 * 1024;
const NAME_LIMIT = 100;
const TITLE_LIMIT = 200;
/** Slack: "description of image for screen readers", at most 1,000 characters. */
const ALT_LIMIT = 1_000;

/** A file as it goes to Slack. */
export interface Upload {
  readonly name: string;
  readonly title: string;
  readonly alt: string;
  readonly bytes: Uint8Array;
}

export interface FileChoice {
  readonly uploads: readonly Upload[];
  /** What the reader has to know of those that are left out. */
  readonly remarks: readonly string[];
}

/** Slack tells the kind of a file by the end of its name. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'text/csv': 'csv',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'application/json': 'json',
  'application/pdf': 'pdf',
};

/** Which of the agent's files are uploaded, under names that are safe to show. */
export function chooseFiles(files: readonly ReplyFile[]): FileChoice {
  const uploads: Upload[] = [];
  const remarks: string[] = [];
  const taken = new Set<string>();
  for (const [at, file] of files.entries()) {
    const plain = safeName(file);
    if (at >= MOST_FILES) {
      remarks.push(notAttached(plain, `a reply holds ${MOST_FILES} files`));
      continue;
    }
    // Four characters of Base64 hold three bytes: nothing too large is decoded.
    const bytes = file.base64.length > MOST_BYTES * 1.4 ? undefined : Buffer.from(file.base64, 'base64');
    if (bytes === undefined || bytes.length > MOST_BYTES) {
      remarks.push(notAttached(plain, 'it is larger than 10 MB'));
    } else if (bytes.length === 0) {
      remarks.push(notAttached(plain, 'it is empty'));
    } else {
      const name = unused(plain, taken);
      const title = clip(disarmed(oneLine(file.title)), TITLE_LIMIT) || name;
      uploads.push({ name, title, alt: clip(disarmed(oneLine(file.alt)), ALT_LIMIT), bytes });
    }
  }
  return { uploads, remarks };
}

export function notAttached(name: string, why: string): string {
  return `I could not attach “${name}”: ${why}.`;
}

function safeName(file: ReplyFile): string {
  const base = oneLine(file.name.split(/[/\\]/).at(-1) ?? '')
    .replaceAll(/[<>:"|?*&@`]/g, '_')
    .replace(/^[.\s]+/, '');
  const dot = base.lastIndexOf('.');
  const ownEnding = dot > 0 && /^[a-z0-9]{1,8}$/i.test(base.slice(dot + 1)) ? base.slice(dot + 1) : '';
  const wanted = ENDINGS[file.mediaType.split(';')[0]?.trim().toLowerCase() ?? ''];
  const stem = (ownEnding ? base.slice(0, dot) : base).replace(/[.\s]+$/, '') || 'file';
  // An ending that says something else than the media type would make Slack show the file as what it is not.
  const ending =
    wanted === undefined || sameKind(ownEnding, wanted) ? ownEnding || (wanted ?? 'txt') : wanted;
  return `${clip(stem, NAME_LIMIT)}.${ending}`;
}

const TEXT_ENDINGS = new Set([
  'txt',
  'md',
  'log',
  'yaml',
  'yml',
  'json',
  'tf',
  'sh',
  'sql',
  'xml',
  'ini',
  'py',
  'ts',
]);

function sameKind(own: string, wanted: string): boolean {
  const lower = own.toLowerCase();
  return (
    lower === wanted ||
    (lower === 'jpeg' && wanted === 'jpg') ||
    (wanted === 'txt' && TEXT_ENDINGS.has(lower))
  );
}

function unused(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  let candidate = name;
  for (let n = 2; taken.has(candidate.toLowerCase()); n += 1)
    candidate = `${name.slice(0, dot)}-${n}${name.slice(dot)}`;
  taken.add(candidate.toLowerCase());
  return candidate;
}

/** Without control characters, and without those that turn the direction of writing. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function clip(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
