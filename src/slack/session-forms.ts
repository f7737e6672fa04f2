import { z } from 'zod';
import { type ListState, WORDS_LIMIT } from '../commands/session-buttons.ts';
import { tagsIn } from '../commands/session-words.ts';
import { LIMITS, type SessionEntry } from '../sessions/session-entry.ts';
import { aboutOf, choiceField, filledIn, form, textField } from './forms.ts';
import type { Json } from './json.ts';
import { type Origin, originSchema } from './origin.ts';

export const RENAME_FORM = 'session_rename_form';
export const SEARCH_FORM = 'session_search_form';

const renameSchema = originSchema.extend({ id: z.string().regex(/^[\w-]{1,100}$/) });

/** Name, tags and project of a session. */
export const renameForm = (entry: SessionEntry, origin: Origin): Json =>
  form(RENAME_FORM, 'Rename', 'Save', { ...origin, id: entry.id }, [
    textField({ name: 'name', label: 'Name', most: LIMITS.name, initial: entry.name }),
    textField({
      name: 'tags',
      label: 'Tags',
      hint: `With commas between them; at most ${LIMITS.tags}.`,
      most: LIMITS.tags * (LIMITS.tag + 2),
      initial: entry.tags.join(', '),
      optional: true,
    }),
    textField({
      name: 'project',
      label: 'Project',
      most: LIMITS.project,
      initial: entry.project,
      optional: true,
    }),
  ]);

export interface Renamed {
  readonly origin: Origin;
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly project: string;
}

export function readRename(view: { readonly private_metadata?: unknown }): Renamed | undefined {
  const about = aboutOf(renameSchema, view);
  if (!about) return undefined;
  const { id, ...origin } = about;
  const field = filledIn(view);
  return { origin, id, name: field('name'), tags: tagsIn(field('tags')), project: field('project') };
}

export const searchForm = (origin: Origin, words: string): Json =>
  form(SEARCH_FORM, 'Search', 'Search', origin, [
    textField({ name: 'words', label: 'Words', most: WORDS_LIMIT, initial: words }),
    choiceField('where', 'Where', [
      ['names', 'In names, tags and projects'],
      ['talk', 'In what you and I have said'],
    ]),
  ]);

export function readSearch(view: {
  readonly private_metadata?: unknown;
}): { origin: Origin; words: string; talk: boolean; list: ListState } | undefined {
  const origin = aboutOf(originSchema, view);
  if (!origin) return undefined;
  const field = filledIn(view);
  const words = field('words').slice(0, WORDS_LIMIT);
  const archived = origin.list.archived ? ({ archived: true } as const) : {};
  return { origin, words, talk: field('where') === 'talk', list: { words, ...archived } };
}
