import type { Source } from '../model.ts';

/** A rule that can be left out, or told only, in one direction. */
export interface Directed<A extends string> {
  readonly inputAction?: A | undefined;
  readonly outputAction?: A | undefined;
  readonly inputEnabled?: boolean | undefined;
  readonly outputEnabled?: boolean | undefined;
}

export const isEnabled = (rule: Directed<string>, source: Source): boolean =>
  (source === 'INPUT' ? rule.inputEnabled : rule.outputEnabled) ?? true;

/** What it says for this direction; undefined where it says nothing of its own. */
export const actionOf = <A extends string>(rule: Directed<A>, source: Source): A | undefined =>
  source === 'INPUT' ? rule.inputAction : rule.outputAction;
