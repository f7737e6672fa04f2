/**
 * Takes the life out of addresses in an agent's words, but for those of hosts that may be linked to. What is left can
 * be read and copied, and pressed by nobody: `https[:]//evil[.]example`. In code as well: chats make links there, too.
 *
 * Text is read word by word as it comes in, and what was given out never changes.
 */

/** May be linked to, by its host in lower case. */
export type MayLink = (host: string) => boolean;

/** From a list of hosts; `*.example.com` stands for whatever is below it. */
export function linkHosts(hosts: ReadonlySet<string>): MayLink {
  const exact = new Set([...hosts].map((host) => host.toLowerCase()));
  const below = [...exact].filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  return (host) => exact.has(host) || below.some((end) => host.endsWith(end));
}

/** White space, and letters of scripts that are written without. What nobody sees is neither. */
const BETWEEN_WORDS =
  /(?!\p{Default_Ignorable_Code_Point})[\s\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]/u;
const SPACE = /(?!\ufeff)\s/;
const SPACES = /((?:(?!\ufeff)\s)+)/;
/** A word may be as long as this before it is given out in parts, all of them without life. */
const LONGEST_WORD = 2_000;
/** So much of a longer word waits for what follows. */
const OVERLAP = 300;

/** Without one of these there is nothing in a word that a chat could make a link of. */
const SUSPECT = /:\/\/|\]\(|\.[a-z]|mailto:|tel:/i;

/** What a chat may leave out: invisible characters (but for those that emoji are made with), and backslashes of Markdown. */
const UNSEEN =
  /(?!(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)(?:\ufe0f|\u200d))\p{Default_Ignorable_Code_Point}|\\(?=[!-/:-@[-`{-~])/gu;
const asSeen = (word: string) => word.replace(UNSEEN, '');

export interface LinkGuard {
  /** What of the text so far can be given out, after all that was. */
  write(text: string): string;
  /** The rest. */
  end(): string;
}

export function createLinkGuard(mayLink: MayLink): LinkGuard {
  let word = '';
  let long = false;
  const inert = (words: string) => (long ? harden(words) : inertWords(words, mayLink));

  return {
    write(text) {
      word += text;
      let last = word.length;
      // Behind an address, a letter of any script may go on with its host; and so it may where something is not seen.
      const border = long || SUSPECT.test(word) || asSeen(word) !== word ? SPACE : BETWEEN_WORDS;
      while (last > 0 && !border.test(word.charAt(last - 1))) last -= 1;
      let out = '';
      if (last > 0) {
        const first = word.search(border);
        out = inert(word.slice(0, first)) + inertWords(word.slice(first, last), mayLink);
        long = false;
        word = word.slice(last);
      }
      if (word.length > LONGEST_WORD) {
        long = true;
        out += harden(word.slice(0, -OVERLAP));
        word = word.slice(-OVERLAP);
      }
      return out;
    },
    end() {
      const out = inert(word);
      word = '';
      return out;
    },
  };
}

/** The whole of a short text. */
export function withoutLinks(text: string, mayLink: MayLink): string {
  return inertWords(text, mayLink);
}

function inertWords(words: string, mayLink: MayLink): string {
  if (!SUSPECT.test(words) && !SUSPECT.test(asSeen(words))) return words;
  return words
    .split(SPACES)
    .map((word, i) => (i % 2 === 1 ? word : inertAsSeen(word, mayLink)))
    .join('');
}

/** As it stands; or, where only what is seen of it has an address, that. */
function inertAsSeen(word: string, mayLink: MayLink): string {
  const seen = asSeen(word);
  const dead = seen === word ? seen : inertWord(seen, mayLink);
  return dead === seen ? inertWord(word, mayLink) : dead;
}

/** An address ends where the target of a link with that label would begin. */
const ADDRESS = /([A-Za-z][A-Za-z0-9+.-]*)?:\/\/((?:(?!\]\()[^\s<>"`])*)/g;
const AUTHORITY = /^[^/?#]*/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/;
/** A port, and marks that close a sentence or Markdown. Whatever else follows a host makes it another one. */
const AFTER_HOST = /^(?::\d{1,5})?[)\]}*,;!'|~_.:]*$/;
const TARGET = /\]\((<?)([^\s)]*)(\)?)/g;
const NO_TARGET = /^[\w$,'"+*=-]*$/;
const NAMED = /\b(mailto|tel):(?=\S)/gi;
const BARE =
  /(?<![\w@.-])(?<!(?<![/:])\/)(?:[a-z0-9-]{1,63}\.){1,10}(?:xn--[a-z0-9-]{2,59}|[a-z]{2,24})(?![\w-])/gi;
/** Chats make links of bare names, too. Those that are names of files and fields as well need a path to be one. */
const ALWAYS = new Set('com net org ru cn xyz biz icu tk ml ga cf gq su'.split(' '));
const WITH_PATH = new Set(
  [
    'ac ae af ag al ao ar ba bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cd cg ci ck cl cm cr cu cv cw cx cy cz dj dk',
    'dm dz ec ee eg er et fi fj fm fo gd ge gh gi gm gn gp gr gt gu gy hk hm hn hr ht hu ie il iq ir is je jm jo jp ke kg kh',
    'ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ma mc mg mh mn mo mr mt mu mv mw mx mz na nc ne nf ng ni no np nr',
    'nu nz om pa pe pf pg ph pk pn pr pt pw qa re ro rw sa sb sc sd se sg si sk sl sm sn sr sx sy sz tc td tg th tj tl tm tn',
    'tr tt tw tz ua ug uy uz va vc ve vg vi vn vu ws ye yt za zm zw',
    'edu gov mil pro tel mobi asia bot chat security finance solutions systems software technology engineering global art',
    'academy consulting partners marketing travel trading money cash credit loans bank fund capital ventures casino poker',
    'dating adult porn sexy sex xxx cam hosting domains social community forum vip ninja wtf lat buzz monster',
    'io dev app ai info top click link site online shop club live cc co me ly to gg tv us eu de uk fr in gl nl ch at it es pl',
    'store tech cloud page zip mov space fun win bid loan work party review trade date stream download rest bar quest sbs cfd',
    'bond cyou lol pics guru world today news blog email life media digital agency network host website press wiki rocks',
  ].flatMap((names) => names.split(' ')),
);

/** Registered below a country's own endings; or written in another alphabet. */
const OF_A_COUNTRY = /\.(?:com?|net|org|gov|edu|ac)\.[a-z]{2}$|\.xn--[a-z0-9-]+$/;

const dotless = (host: string) => host.replaceAll('.', '[.]');

function inertWord(word: string, mayLink: MayLink): string {
  if (!SUSPECT.test(word)) return word;
  let out = '';
  let at = 0;
  for (const found of word.matchAll(ADDRESS)) {
    const [whole, scheme = '', rest = ''] = found;
    out += inertBare(word.slice(at, found.index), mayLink);
    at = found.index + whole.length;
    const authority = AUTHORITY.exec(rest)?.[0] ?? '';
    out += isAllowed(scheme, rest, mayLink)
      ? whole
      : `${scheme}[:]//${dotless(authority)}${harden(rest.slice(authority.length))}`;
  }
  out += inertBare(word.slice(at), mayLink);
  return withoutTargets(out, mayLink);
}

function isAllowed(scheme: string, rest: string, mayLink: MayLink): boolean {
  if (!/^https?$/i.test(scheme) || rest.includes('://')) return false;
  const authority = AUTHORITY.exec(rest)?.[0] ?? '';
  const host = HOST.exec(authority)?.[0] ?? '';
  return host !== '' && AFTER_HOST.test(authority.slice(host.length)) && mayLink(host.toLowerCase());
}

/** Markdown's links hide their target: one that is not allowed, or not there yet, is none any more. */
function withoutTargets(word: string, mayLink: MayLink): string {
  return word.replace(TARGET, (whole, open: string, target: string, close: string) => {
    const [, scheme = '', rest = ''] = /^(https?):\/\/(.*)$/i.exec(target) ?? [];
    if (scheme !== '' && isAllowed(scheme, rest, mayLink)) return whole;
    // `list[0](x)` is code.
    const begun = target === '' && close === '';
    if (!begun && open === '' && NO_TARGET.test(target)) return whole;
    return whole.replace('](', '] (');
  });
}

function inertBare(text: string, mayLink: MayLink): string {
  return text.replace(NAMED, '$1[:]').replace(BARE, (host, at: number) => {
    const name = host.toLowerCase();
    const end = name.slice(name.lastIndexOf('.') + 1);
    const path = /^[/?#]/.test(text.slice(at + host.length));
    const always = name.startsWith('www.') || ALWAYS.has(end) || OF_A_COUNTRY.test(name);
    const live = always || (path && WITH_PATH.has(end));
    return live && !mayLink(name) ? dotless(host) : host;
  });
}

/** No address whatever is left in it. */
function harden(text: string): string {
  return text
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('](', '] (')
    .replaceAll('//', '/[/]')
    .replaceAll(/\.(?=[A-Za-z0-9])/g, '[.]');
}
