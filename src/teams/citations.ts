import { oneLine } from '../chat/one-line.ts';
import type { Json } from './cards.ts';
import { withoutCode } from './code.ts';

/** Something an answer refers to. */
export interface Citation {
  /** As it is referred to in the text: `[1]`. */
  readonly position: number;
  readonly name: string;
  readonly url: string;
}

export interface Citations {
  readonly list: readonly Citation[];
  /** Stands below the words, so that they are referred to; empty where the words do so themselves. */
  readonly line: string;
}

/** Source: Teams, "Bot messages with AI-generated content": names of 80 characters, abstracts of 160. */
const NAME_LIMIT = 80;
const ABSTRACT_LIMIT = 160;
const MOST = 10;
const URL_LIMIT = 500;
const NONE: Citations = { list: [], line: '' };

/** `[1]: https://… Title`, a line of its own. */
const DEFINITION = /^ {0,3}\[(\d{1,2})\]:?[ \t]+<?(https?:\/\/[^\s>]+)>?[ \t]*(.*)$/gm;
const LINK = /(?<!!)\[([^[\]\n]+)\]\((https?:\/\/[^\s()]+)\)/g;
const NUMBER = /\[(\d{1,2})\](?!\()/g;

/**
 * What the agent's words link to, as sources of the answer. The words have passed the guard of links: an address that may
 * not be linked to is none any more, and is not found here. Pure.
 */
export function citationsOf(text: string): Citations {
  const words = withoutCode(text);
  const short = ({ url }: Citation) => url.length <= URL_LIMIT;
  const defined = [...words.matchAll(DEFINITION)].map(([, position = '', url = '', title = '']) => ({
    position: Number(position),
    url,
    name: nameOf(title, url),
  }));
  const used = new Set([...words.replace(DEFINITION, '').matchAll(NUMBER)].map(([, n]) => Number(n)));
  // The agent counts its sources itself.
  if (defined.length > 0)
    return { list: unique(defined.filter((one) => used.has(one.position) && short(one))), line: '' };
  const first = Math.max(0, ...used) + 1;
  const links = new Map<string, string>();
  for (const [, label = '', url = ''] of words.matchAll(LINK))
    if (url.length <= URL_LIMIT && !links.has(url)) links.set(url, label);
  const list = [...links]
    .slice(0, MOST)
    .map(([url, label], i) => ({ position: first + i, url, name: nameOf(label, url) }));
  if (list.length === 0) return NONE;
  return { list, line: `Sources: ${list.map(({ position }) => `[${position}]`).join(' ')}` };
}

/** As the entity of an answer lists it. */
export const claimOf = ({ position, name, url }: Citation): Json => ({
  '@type': 'Claim',
  position,
  appearance: { '@type': 'DigitalDocument', name, url, abstract: oneLine(url, ABSTRACT_LIMIT) },
});

function unique(list: readonly Citation[]): Citation[] {
  const positions = new Map(list.map((one) => [one.position, one]));
  return [...positions.values()].slice(0, MOST);
}

function nameOf(label: string, url: string): string {
  const plain = label.replaceAll(/[*_`~]/g, '');
  return oneLine(plain, NAME_LIMIT) || oneLine(URL.parse(url)?.host ?? url, NAME_LIMIT);
}
