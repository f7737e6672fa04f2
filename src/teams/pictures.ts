import { oneLine } from '../chat/one-line.ts';
import type { ReplyFile } from '../chat/vocabulary.ts';

/** A picture as it stands in a message. */
export interface Picture {
  readonly name: string;
  readonly mediaType: string;
  readonly base64: string;
}

export interface FileChoice {
  readonly pictures: readonly Picture[];
  /** What the reader has to know: what pictures show, for those who cannot see them, and what is left out. Plain. */
  readonly remarks: readonly string[];
}

/** Source: Teams, "Format your bot messages": PNG, JPEG or GIF, at most 1,024 × 1,024 pixels and 1 MB. */
const MOST_PIXELS = 1_024;
const MOST_BYTES = 1_024 * 1_024;
const MOST_PICTURES = 5;
const NAME_LIMIT = 100;
const ALT_LIMIT = 1_000;

/**
 * Which of the agent's files are shown as pictures in the message itself, its bytes included; Teams does not count those
 * as part of the message's size. Everything else is named. Pure.
 */
export function choosePictures(files: readonly ReplyFile[]): FileChoice {
  const pictures: Picture[] = [];
  const remarks: string[] = [];
  for (const file of files) {
    const name = safeName(file.name);
    const mediaType = PICTURES[file.mediaType.split(';')[0]?.trim().toLowerCase() ?? ''];
    if (mediaType === undefined) {
      remarks.push(notShown(name));
      continue;
    }
    const why =
      pictures.length >= MOST_PICTURES ? `a reply shows ${MOST_PICTURES} pictures` : whyNot(file, mediaType);
    if (why !== undefined) {
      remarks.push(`I made the picture ${name}, but cannot show it in Teams: ${why}.`);
      continue;
    }
    pictures.push({ name, mediaType, base64: file.base64 });
    const [title, alt] = [oneLine(file.title, NAME_LIMIT), oneLine(file.alt, ALT_LIMIT)];
    if (title !== '' || alt !== '') remarks.push([title, alt].filter((words) => words !== '').join(': '));
  }
  return { pictures, remarks };
}

/** All of them named, where Teams did not take the pictures. Pure. */
export const namedOnly = (files: readonly ReplyFile[]): FileChoice => ({
  pictures: [],
  remarks: files.map(({ name }) => notShown(safeName(name))),
});

const notShown = (name: string) => `I made the file ${name}, but cannot show files in Teams yet.`;

const PICTURES: Readonly<Record<string, string>> = {
  'image/png': 'image/png',
  'image/jpeg': 'image/jpeg',
  'image/jpg': 'image/jpeg',
  'image/gif': 'image/gif',
};

function whyNot({ base64 }: ReplyFile, mediaType: string): string | undefined {
  // Four characters hold three bytes: nothing too large is decoded.
  if (base64.length > MOST_BYTES * 1.4) return 'it is larger than 1 MB';
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > MOST_BYTES) return 'it is larger than 1 MB';
  const size = sizeOf(bytes, mediaType);
  if (!size) return 'it is not the picture that its name says';
  const [width, height] = size;
  return width > MOST_PIXELS || height > MOST_PIXELS
    ? `it has ${width} × ${height} pixels, and Teams takes ${MOST_PIXELS} × ${MOST_PIXELS}`
    : undefined;
}

/** Width and height in pixels; undefined for what is no such picture. */
function sizeOf(bytes: Buffer, mediaType: string): readonly [number, number] | undefined {
  switch (mediaType) {
    case 'image/png':
      return bytes.length > 24 && bytes.toString('latin1', 1, 4) === 'PNG'
        ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
        : undefined;
    case 'image/gif':
      return bytes.length > 10 && bytes.toString('latin1', 0, 3) === 'GIF'
        ? [bytes.readUInt16LE(6), bytes.readUInt16LE(8)]
        : undefined;
    default:
      return jpegSize(bytes);
  }
}

/** The first frame header tells; whatever stands before it is skipped. Source: ITU T.81, B.1 and B.2. */
function jpegSize(bytes: Buffer): readonly [number, number] | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** Without directories and control characters, and without those that turn the direction of writing. */
function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  return (
    oneLine(
      last.toWellFormed().replaceAll(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu, ' '),
      NAME_LIMIT,
    ) || 'file'
  );
}
