import { type Behind, COMMANDS, type CommandName, type CommandNamed, type Rest } from './command-table.ts';
import { editDistance } from './edit-distance.ts';

/**
 * slash    in `/agent …`: everything is meant as a command
 * message  after a mention or in a direct message: only what can be nothing but a command is one, the rest is a question
 */
export type Where = 'slash' | 'message';

/** What to say of words behind `/agent` that are no command. */
export type Hint =
  /** The command is known, but not with this behind it. */
  | { readonly kind: 'usage'; readonly name: CommandName; readonly usage: string }
  | { readonly kind: 'meant'; readonly name: CommandName }
  | { readonly kind: 'unknown' };

/** The grammar of the commands that are on; the others do not exist. Pure. */
export function createGrammar<N extends CommandName>(on: readonly N[]) {
  const names = (Object.keys(COMMANDS) as CommandName[]).filter((name): name is N =>
    (on as readonly CommandName[]).includes(name),
  );

  /** The command whose name the line begins with, and what follows it. */
  function split(line: string): { name: N; after: string } | undefined {
    for (const name of names) {
      if (line.slice(0, name.length).toLowerCase() !== name) continue;
      const after = line.slice(name.length);
      // `help?` is the word and a mark; `help-desk` is another word.
      if (/^(\s|$)/.test(after) || withoutEnd(after) === '') return { name, after: after.trim() };
    }
    return undefined;
  }

  return {
    names,

    /** Never throws. Undefined: a question; behind `/agent`, something that `hint` has words for. */
    parse(text: string, where: Where): CommandNamed<N> | undefined {
      const { line, slash } = lineOf(text);
      const found = split(line);
      if (!found) return undefined;
      const rest = restOf(found.after, where === 'slash' || slash);
      return COMMANDS[found.name].read(rest) as CommandNamed<N> | undefined;
    },

    /** The words that are read as this command, wherever they are written. */
    write(command: CommandNamed<N>): string {
      const { write } = COMMANDS[command.name] as { write?: (command: CommandNamed<N>) => Behind };
      const behind = write?.(command) ?? { plain: '' };
      if ('plain' in behind) return `${command.name} ${behind.plain}`.trimEnd();
      if ('slashed' in behind) return `/${command.name} ${behind.slashed}`;
      if (behind.quoted === '') return command.name;
      const pair = QUOTES.find((quotes) => [...quotes].every((quote) => !behind.quoted.includes(quote)));
      // A text with every kind of quotes in it.
      if (pair === undefined) return `/${command.name} ${behind.quoted}`;
      return `${command.name} ${pair.slice(0, 1)}${behind.quoted}${pair.slice(1)}`;
    },

    usage,

    /** For words behind `/agent` that are no command. */
    hint(text: string): Hint {
      const { line } = lineOf(text);
      const found = split(line);
      if (found) return { kind: 'usage', name: found.name, usage: usage(found.name) };
      const name = nearest(line, names);
      return name === undefined ? { kind: 'unknown' } : { kind: 'meant', name };
    },

    /**
     * Fits one screen: a line for each command. Plain words, with the commands in backquotes. `slash`: what all of them
     * can be written behind, where there is such a thing.
     */
    help(slash?: string): string {
      const lines = names.map((name) => `\`${usage(name)}\` ${COMMANDS[name].does}`);
      const named = names.some((name) => COMMANDS[name].takes?.includes('name'));
      const also = slash === undefined ? '' : `, also as \`${slash} …\``;
      const outside = slash === undefined ? 'Put' : `Outside \`${slash}\`, put`;
      return [
        `${HOW_TO_ASK}${also}:`,
        '',
        ...lines,
        ...(named ? ['', `${outside} ${HOW_TO_NAME}`] : []),
      ].join('\n');
    },
  };
}

function usage(name: CommandName): string {
  const { takes } = COMMANDS[name] as { takes?: string };
  return takes === undefined ? name : `${name} ${takes}`;
}

const HOW_TO_ASK =
  'Ask me in your own words: mention me, or write to me directly. In the same thread I remember what you asked there; ' +
  'each person in it has a conversation of their own. These words are for me, too';
const HOW_TO_NAME = 'longer names and words in quotes: `rename "Costs of the staging area"`.';

/** One line without the slash that some put in front. */
function lineOf(text: string): { line: string; slash: boolean } {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.startsWith('/') ? { line: line.slice(1).trim(), slash: true } : { line, slash: false };
}

function restOf(after: string, explicit: boolean): Rest {
  const text = withoutQuotes(after);
  const quoted = text !== after;
  const word = withoutEnd(text).toLowerCase();
  return { text, word, quoted, sure: explicit || quoted, short: isShort(text) };
}

/** A name has so many words at most, and none of those that sentences are made with. */
const SHORT_WORDS = 4;
const OF_SENTENCES =
  /^(?:a|an|the|this|that|these|those|my|our|your|all|every|any|some|it|them|me|to|into|as|of|on|at|from|for|with|by|is|are|was|has|please|why|how|what|which|who|when|where|bitte|der|die|das|den|dem|ein|eine|alle|mein|meine|von|nach|zu|für|mit|auf|aus|wie|was|warum)$/i;

function isShort(text: string): boolean {
  const words = text.split(' ');
  return (
    words.length <= SHORT_WORDS &&
    words.every((word) => /^#?[\p{L}\p{N}][\p{L}\p{N}&+_.-]*$/u.test(word) && !OF_SENTENCES.test(word))
  );
}

const withoutEnd = (text: string): string => text.replace(/[\s?!.…？！。]+$/u, '');

const QUOTES = ['""', '“”', '„“', '„”', '«»', '»«', '‘’', '‚‘', "''", '``'];

/** Without the quotes around the whole of it, however many; those around parts of it stay. */
function withoutQuotes(text: string): string {
  for (const [open = '', close = ''] of QUOTES) {
    if (text.length < 2 || !text.startsWith(open) || !text.endsWith(close)) continue;
    const inside = text.slice(1, -1);
    if (!inside.includes(open) && !inside.includes(close)) return withoutQuotes(inside.trim());
  }
  return text;
}

/** The one name that somebody may have mistyped; undefined where none or several are as near. */
function nearest<N extends CommandName>(line: string, names: readonly N[]): N | undefined {
  const words = line.toLowerCase().split(' ');
  const near = names.map((name) => {
    const typed = withoutEnd(words.slice(0, name.split(' ').length).join(' '));
    // A name of two words is also known by the first.
    const first = name.split(' ')[0] ?? name;
    const most = first.length > 4 ? 2 : 1;
    return {
      name,
      distance: Math.min(editDistance(typed, name, most), editDistance(words[0] ?? '', first, most)),
      most,
    };
  });
  const least = Math.min(...near.map(({ distance }) => distance));
  const [best, other] = near.filter(({ distance, most }) => distance === least && distance <= most);
  return other === undefined ? best?.name : undefined;
}
