import { z } from 'zod';

/** What the buttons of lists of conversations are called. Slack knows them by these names. */
export const SESSION_RESUME = 'session_resume';
export const SESSION_RENAME = 'session_rename';
export const SESSION_HISTORY = 'session_history';
export const SESSION_ARCHIVE = 'session_archive';
export const SESSION_RESTORE = 'session_restore';
export const SESSION_DELETE = 'session_delete';
/** Shows a list: the next page, the first one, the archived ones, those with other words. Several stand side by side. */
export const SESSIONS_NEXT = 'sessions_next';
export const SESSIONS_FIRST = 'sessions_first';
export const SESSIONS_OTHER = 'sessions_other';
export const SESSIONS_SEARCH = 'sessions_search';
export const SESSIONS_TIDY = 'sessions_tidy';
export const SESSION_NEW = 'session_new';

/** Longest words that are looked for. Characters. */
export const WORDS_LIMIT = 100;

export const listSchema = z.object({
  words: z.string().max(WORDS_LIMIT).optional(),
  archived: z.literal(true).optional(),
  after: z.string().max(200).optional(),
});

/** Which list somebody looks at: enough to show it again. */
export interface ListState {
  readonly words?: string;
  readonly archived?: true;
  readonly after?: string;
}

const pressedSchema = listSchema.extend({ id: z.string().regex(/^[\w-]{1,100}$/) });

/** A session, and the list that it was pressed in. */
export interface PressedSession extends ListState {
  readonly id: string;
}

/** As `value` of a button: at most 2,000 characters. */
export const writeValue = (value: ListState | PressedSession): string => JSON.stringify(value);

export function readList(value: string): ListState | undefined {
  const list = read(listSchema, value);
  return list && listOf(list);
}

export function readSession(value: string): PressedSession | undefined {
  const pressed = read(pressedSchema, value);
  return pressed && { ...listOf(pressed), id: pressed.id };
}

/** The list alone. */
export const listOf = ({ words, archived, after }: z.infer<typeof listSchema>): ListState => ({
  ...(words ? { words } : {}),
  ...(archived ? { archived } : {}),
  ...(after ? { after } : {}),
});

/** Undefined for what is none of ours. */
function read<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
