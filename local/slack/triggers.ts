import type { State } from './state.ts';

/** A trigger opens one view, within three seconds. Source: docs.slack.dev, "Modals", trigger_id. */
const TRIGGER_LIFETIME_MS = 3000;

export interface Trigger {
  readonly userId: string;
  /** The view in which the person acted, if it was one. */
  readonly viewId: string | undefined;
}

export interface Triggers {
  issue(userId: string, viewId?: string): string;
  /** Uses the trigger up. Otherwise Slack's error name. */
  use(id: string): Trigger | string;
}

export function createTriggers(deps: { state: State; now: () => number }): Triggers {
  const { state, now } = deps;
  const triggers = new Map<string, Trigger & { readonly at: number; used: boolean }>();

  return {
    issue(userId, viewId) {
      const id = `${state.nextId('trg')}.${state.nextId('t')}`;
      triggers.set(id, { userId, viewId, at: now(), used: false });
      return id;
    },
    use(id) {
      const trigger = triggers.get(id);
      if (trigger === undefined) return 'invalid_trigger_id';
      if (trigger.used) return 'exchanged_trigger_id';
      if (now() - trigger.at > TRIGGER_LIFETIME_MS) return 'expired_trigger_id';
      trigger.used = true;
      return trigger;
    },
  };
}
