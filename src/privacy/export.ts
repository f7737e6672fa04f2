import { actorsOf, type Person } from './person.ts';

/** Everything that is held about a person, as rows of named parts, in the order in which they stand in the file. */
export type Parts = readonly { readonly name: string; readonly rows: () => AsyncIterable<unknown> }[];

/** A file of an export, complete in itself. */
export interface Piece {
  readonly name: string;
  readonly json: string;
}

export interface PiecesOptions {
  readonly person: Person;
  readonly parts: Parts;
  /** Epoch milliseconds. */
  readonly now: number;
  /** A piece is not much longer than this. Characters. */
  readonly most?: number;
}

/** Chat platforms take far more; phones open this. */
const MOST = 8_000_000;

export const README: readonly string[] = [
  'This is everything that the cloud engineer bot holds about you. It is for you alone.',
  'Times are in UTC. Each part says what it is by its name:',
  'account: which company account your chat account is linked to. Sign-in tokens are never exported.',
  'settings: what you have set.',
  'sessions: your conversations, with their names, tags and places. history: what was said in them, oldest first.',
  'notes: what was learnt from your conversations for later ones.',
  'feedback: what you said of answers. questions: what you asked lately, with how it ended; words only where they are still kept.',
  'minded: pieces of what the content policy withheld or masked, as operators see them, without personal data.',
  'record: entries of the audit log about you. They name you by a pseudonym, and stay when you are forgotten.',
  'counts: how much of each there is. It stands in the last file.',
  'Messages in the chat itself are kept by the chat: ask its administrator for those. Write "forget me" to have all of this erased.',
];

/**
 * The export as JSON files, one after another, as they become long enough: there is never more than one in memory. A part
 * may go on in the next file.
 */
export async function* pieces({ person, parts, now, most = MOST }: PiecesOptions): AsyncGenerator<Piece> {
  const made = new Date(now).toISOString();
  const about = {
    accounts: person.accounts.map(({ platform, tenant, id }) => ({ platform, workspace: tenant, user: id })),
    actsAs: actorsOf(person),
  };
  let number = 1;
  let open = begin(made, number, about);
  const counts: Record<string, number> = {};
  for (const { name, rows } of parts) {
    counts[name] = 0;
    let inPart = false;
    for await (const row of rows()) {
      if (open.length > most) {
        yield { name: nameOf(made, number), json: `${open}${inPart ? '\n  ]' : ''}\n}\n` };
        number += 1;
        open = begin(made, number, about);
        inPart = false;
      }
      const text = JSON.stringify(row, undefined, 2).replaceAll('\n', '\n    ');
      open += inPart ? `,\n    ${text}` : `,\n  ${JSON.stringify(name)}: [\n    ${text}`;
      inPart = true;
      counts[name] += 1;
    }
    open += inPart ? '\n  ]' : `,\n  ${JSON.stringify(name)}: []`;
  }
  const text = JSON.stringify(counts, undefined, 2).replaceAll('\n', '\n  ');
  yield { name: nameOf(made, number), json: `${open},\n  "counts": ${text}\n}\n` };
}

const nameOf = (made: string, number: number) => `your-data-${made.slice(0, 10)}-part-${number}.json`;

function begin(made: string, part: number, about: Readonly<Record<string, unknown>>): string {
  const head = { readme: README, made, part, ...about };
  // Without its last bracket: more follows.
  return JSON.stringify(head, undefined, 2).replace(/\n\}$/, '');
}
