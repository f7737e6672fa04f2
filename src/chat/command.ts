import { createGrammar } from './command-grammar.ts';
import type { CommandName, CommandNamed } from './command-table.ts';

/** The commands that something answers. Whoever answers another one adds it here. */
export const COMMANDS_ON = [
  'help',
  'sessions',
  'new',
  'resume',
  'rename',
  'history',
  'archive',
  'restore',
  'tag',
  'delete',
  'search',
  'tasks',
  'status',
  'stop',
  'link',
  'unlink',
  'whoami',
  'export',
  'forget me',
] as const satisfies CommandName[];

/** What a person can ask of the bot itself, in the same words after a mention, in a direct message or as `/agent …`. */
export type Command = CommandNamed<(typeof COMMANDS_ON)[number]>;

export const grammar = createGrammar(COMMANDS_ON);

/** Reads a command; undefined for anything else, which is a question. Pure. */
export const parseCommand = (text: string): Command | undefined => grammar.parse(text, 'message');
