/** A session of the asker's own: by its number, or by its name. */
export type SessionRef = { readonly number: number } | { readonly title: string };

/**
 * What a person can ask of the bot itself. A name is what is written.
 *
 * `onlyIfKnown`: the words may as well be a question to the agent; they are meant for us only if there is such a session.
 */
export type AnyCommand =
  | { readonly name: 'help' }
  /** `words`: what is looked for in names, tags and projects; empty: all of them. */
  | { readonly name: 'sessions'; readonly words: string }
  | { readonly name: 'new'; readonly title?: string }
  | { readonly name: 'resume'; readonly session: SessionRef; readonly onlyIfKnown?: true }
  | { readonly name: 'rename'; readonly title: string }
  /** `count`: so many of the last turns. */
  | { readonly name: 'history'; readonly count?: number }
  /** Without a session: this one. */
  | { readonly name: 'archive'; readonly session?: SessionRef; readonly onlyIfKnown?: true }
  | { readonly name: 'restore'; readonly session: SessionRef; readonly onlyIfKnown?: true }
  | { readonly name: 'tag'; readonly tag: string }
  /** `really`: it was asked about already. */
  | {
      readonly name: 'delete';
      readonly session?: SessionRef;
      readonly really?: true;
      readonly onlyIfKnown?: true;
    }
  | { readonly name: 'search'; readonly words: string }
  | { readonly name: 'tasks' }
  | { readonly name: 'status' }
  /** `all`: also the questions that wait. */
  | { readonly name: 'stop'; readonly all: boolean }
  /** The company account of the person: sign in, forget, show. */
  | { readonly name: 'link' }
  | { readonly name: 'unlink' }
  | { readonly name: 'whoami' }
  | { readonly name: 'export' }
  | { readonly name: 'forget me' };

export type CommandName = AnyCommand['name'];
export type CommandNamed<N extends CommandName> = Extract<AnyCommand, { readonly name: N }>;

/** What stands behind the name of a command. */
export interface Rest {
  /** One line, without the quotes around it. */
  readonly text: string;
  /** The same in small letters and without marks at its end, for words that are ours. */
  readonly word: string;
  /** It stood in quotes. */
  readonly quoted: boolean;
  /** Written so that it can be nothing but a command: in `/agent …`, with a slash in front, or in quotes. */
  readonly sure: boolean;
  /** A few words that read as a name and not as a sentence. */
  readonly short: boolean;
}

/** What has to stand behind a name: our own words as they are, or with a slash before the name; other people's in quotes. */
export type Behind = { readonly plain: string } | { readonly slashed: string } | { readonly quoted: string };

interface Row<N extends CommandName> {
  /** What may stand behind the name. */
  readonly takes?: string;
  /** One short line for the help. */
  readonly does: string;
  /** Undefined: it is a question, or something is missing or too much. */
  readonly read: (rest: Rest) => CommandNamed<N> | undefined;
  /** The inverse. Without it: nothing stands behind the name. */
  readonly write?: (command: CommandNamed<N>) => Behind;
}

/** The agent is asked for no more than this, and no screen holds it. */
const MOST_TURNS = 50;
/** Nobody gives a session a longer name. Characters. */
const LONGEST_NAME = 120;

const alone =
  <T>(command: T) =>
  ({ word, quoted }: Rest): T | undefined =>
    word === '' && !quoted ? command : undefined;

/** All commands, in the order of the help. */
export const COMMANDS: { readonly [N in CommandName]: Row<N> } = {
  help: {
    does: 'shows this',
    // Whoever asks for help in so many words gets it, where it can be meant for nobody else.
    read: ({ word, sure, quoted }) => (!quoted && (word === '' || sure) ? { name: 'help' } : undefined),
  },
  sessions: {
    takes: '[words]',
    does: 'lists your conversations; with words, those with them in name, tag or project',
    read({ word, text, sure, short }) {
      if (word === '') return { name: 'sessions', words: '' };
      return sure || short ? { name: 'sessions', words: text } : undefined;
    },
    write: ({ words }) => ({ quoted: words }),
  },
  new: {
    takes: '[name]',
    does: 'starts a new conversation in this place',
    read({ word, text, sure, short }) {
      if (word === '') return { name: 'new' };
      return sure || short ? { name: 'new', title: text } : undefined;
    },
    write: ({ title = '' }) => ({ quoted: title }),
  },
  resume: {
    takes: '<number or name>',
    does: 'goes on here with an earlier one',
    read(rest) {
      const session = sessionRef(rest);
      if (!session) return undefined;
      if (rest.sure || 'number' in session) return { name: 'resume', session };
      return rest.text.length > LONGEST_NAME ? undefined : { name: 'resume', session, onlyIfKnown: true };
    },
    write: ({ session, onlyIfKnown }) => writeRef(session, onlyIfKnown),
  },
  rename: {
    takes: '<name>',
    does: 'gives this conversation a name',
    read: ({ word, text, sure, short }) =>
      word !== '' && (sure || short) ? { name: 'rename', title: text } : undefined,
    write: ({ title }) => ({ quoted: title }),
  },
  history: {
    takes: '[number]',
    does: 'shows its last questions and answers',
    read({ word, quoted: inQuotes }) {
      if (inQuotes) return undefined;
      if (word === '') return { name: 'history' };
      const count = numberIn(word);
      return count === undefined ? undefined : { name: 'history', count: Math.min(count, MOST_TURNS) };
    },
    write: ({ count }) => ({ plain: count === undefined ? '' : String(count) }),
  },
  archive: {
    takes: '[number or name]',
    does: 'puts it away; nothing is lost',
    read(rest) {
      if (rest.word === '') return { name: 'archive' };
      const session = sessionRef(rest);
      if (rest.sure) return session && { name: 'archive', session };
      // The agent may have offered a list of its own.
      return session && ('number' in session || rest.short)
        ? { name: 'archive', session, onlyIfKnown: true }
        : undefined;
    },
    write: ({ session, onlyIfKnown }) => (session ? writeNumber(session, '', onlyIfKnown) : { plain: '' }),
  },
  restore: {
    takes: '<number or name>',
    does: 'takes it back',
    read(rest) {
      const session = sessionRef(rest);
      if (!session) return undefined;
      if (rest.sure || 'number' in session) return { name: 'restore', session };
      return rest.short ? { name: 'restore', session, onlyIfKnown: true } : undefined;
    },
    write: ({ session, onlyIfKnown }) => writeRef(session, onlyIfKnown),
  },
  tag: {
    takes: '<tag>',
    does: 'puts a tag on this conversation',
    read({ word, text, sure, short }) {
      return word !== '' && (sure || short || /^#\S+$/.test(text)) ? { name: 'tag', tag: text } : undefined;
    },
    write: ({ tag }) => ({ quoted: tag }),
  },
  delete: {
    takes: '[number or name]',
    does: 'deletes it for good, after you have confirmed',
    read(rest) {
      if (rest.word === '') return { name: 'delete' };
      const [, digits = ''] = rest.quoted ? [] : (/^(\S+) really$/.exec(rest.word) ?? []);
      const number = numberIn(digits);
      if (number !== undefined) return { name: 'delete', session: { number }, really: true };
      const session = sessionRef(rest);
      if (rest.sure) return session && { name: 'delete', session };
      return session && ('number' in session || rest.short)
        ? { name: 'delete', session, onlyIfKnown: true }
        : undefined;
    },
    write({ session, really, onlyIfKnown }) {
      return session ? writeNumber(session, really ? ' really' : '', onlyIfKnown) : { plain: '' };
    },
  },
  search: {
    takes: '<words>',
    does: 'looks through what you and I have said',
    read: ({ word, text, sure, short }) =>
      word !== '' && (sure || short) ? { name: 'search', words: text } : undefined,
    write: ({ words }) => ({ quoted: words }),
  },
  tasks: { does: 'shows what you can have me do at a press', read: alone({ name: 'tasks' }) },
  status: { does: 'shows what I am at work on', read: alone({ name: 'status' }) },
  stop: {
    takes: '[all]',
    does: 'ends it; with `all`, also what waits',
    read({ word, quoted: inQuotes }) {
      if (inQuotes || (word !== '' && word !== 'all')) return undefined;
      return { name: 'stop', all: word === 'all' };
    },
    write: ({ all }) => ({ plain: all ? 'all' : '' }),
  },
  link: { does: 'signs you in with your company account', read: alone({ name: 'link' }) },
  unlink: { does: 'ends that', read: alone({ name: 'unlink' }) },
  whoami: { does: 'shows who you are to me', read: alone({ name: 'whoami' }) },
  export: { does: 'gives you a file of all that I keep about you', read: alone({ name: 'export' }) },
  'forget me': { does: 'erases all of it, after you have confirmed', read: alone({ name: 'forget me' }) },
};

function sessionRef({ text, word, quoted: inQuotes }: Rest): SessionRef | undefined {
  if (word === '') return undefined;
  const number = inQuotes ? undefined : numberIn(word);
  return number === undefined ? { title: text } : { number };
}

function writeRef(session: SessionRef, bare = false): Behind {
  if ('number' in session) return { plain: String(session.number) };
  return bare ? { plain: session.title } : { quoted: session.title };
}

function writeNumber(session: SessionRef, after: string, bare = false): Behind {
  if (!('number' in session)) return writeRef(session, bare);
  const words = `${session.number}${after}`;
  return bare ? { plain: words } : { slashed: words };
}

/** `3` and `#3`; a number is no longer than anybody's sessions can be many. */
function numberIn(word: string): number | undefined {
  const [, digits] = /^#?(\d{1,7})$/.exec(word) ?? [];
  const number = Number(digits);
  return number > 0 ? number : undefined;
}
