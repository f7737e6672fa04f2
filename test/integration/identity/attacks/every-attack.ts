import type { Attack } from './attack.ts';
import { ON_BROWSERS } from './browsers.ts';
import { ON_CALLBACKS } from './callbacks.ts';
import { ON_PEOPLE } from './people.ts';
import { ON_TICKETS } from './tickets.ts';
import { ON_TOKENS } from './tokens.ts';

export const ATTACKS: Readonly<Record<string, readonly Attack[]>> = {
  people: ON_PEOPLE,
  tickets: ON_TICKETS,
  callbacks: ON_CALLBACKS,
  browsers: ON_BROWSERS,
  'tokens and records': ON_TOKENS,
};

export const EVERY_ATTACK: readonly Attack[] = Object.values(ATTACKS).flat();
