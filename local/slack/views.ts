import { nameBlocks } from './block-ids.ts';
import { isRefusal } from './content-rules.ts';
import { findElements, initialValue, valueFields } from './elements.ts';
import { type Answer, type Refusal, refuse, type View, type ViewContent } from './model.ts';
import { presentView } from './present-view.ts';
import type { State } from './state.ts';
import type { Triggers } from './triggers.ts';
import { readView } from './view-rules.ts';

/** So many modals may lie on each other. */
const STACK = 3;

interface Which {
  readonly view_id?: string | undefined;
  readonly external_id?: string | undefined;
  readonly hash?: string | undefined;
}

export interface Views {
  open(triggerId: string, view: unknown): Answer;
  push(triggerId: string, view: unknown): Answer;
  update(which: Which, view: unknown): Answer;
  publish(userId: string, view: unknown, hash?: string): Answer;
  /** The modal on top, or the one with this id, of a person; or the App Home. */
  find(userId: string, viewId?: string): View | undefined;
  /** What the app answered to a submission: replaces or adds a view. Undefined when it was taken. */
  replace(view: View, content: unknown): Refusal | undefined;
  pushOn(view: View, content: unknown): Refusal | undefined;
  /** Takes the top modal away, or all of them. Returns what was closed. */
  close(userId: string, all: boolean): readonly View[];
  /** Notes what a person chose or typed. */
  setValue(view: View, blockId: string, actionId: string, fields: Record<string, unknown>): void;
}

/** Modals and App Homes. Source: docs.slack.dev, "Modals" and the `views.*` methods. */
export function createViews(deps: { state: State; triggers: Triggers; now: () => number }): Views {
  const { state, triggers, now } = deps;

  const stackOf = (userId: string): View[] => [...(state.modals.get(userId) ?? [])];
  const newHash = (): string => `${Math.floor(now() / 1000)}.${state.nextId('h')}`;

  /** Values of the new blocks: what the person gave stays where block and action are the same. */
  function valuesOf(content: ViewContent, known: View['values']): View['values'] {
    const values: View['values'] = {};
    for (const { block, element } of findElements(content.blocks)) {
      if (block.type !== 'input' && initialValue(element) === null) continue;
      const [blockId, actionId] = [String(block.block_id), String(element.action_id)];
      values[blockId] ??= {};
      values[blockId][actionId] = known[blockId]?.[actionId] ?? {
        type: element.type,
        ...valueFields(element, initialValue(element)),
      };
    }
    return values;
  }

  const named = (content: ViewContent): ViewContent => ({
    ...content,
    blocks: nameBlocks(content.blocks, state.nextId),
  });

  function build(userId: string, raw: ViewContent, below: View | undefined): View {
    const content = named(raw);
    const id = state.nextId('V');
    return {
      id,
      userId,
      rootId: below?.rootId ?? id,
      previousId: below?.id,
      hash: newHash(),
      content,
      values: valuesOf(content, {}),
    };
  }

  /** An external id names one view only. */
  function checkExternal(content: ViewContent, self?: View): Refusal | undefined {
    const { external_id: wanted } = content;
    if (wanted === undefined || wanted === '') return undefined;
    const all = [...state.homes.values(), ...[...state.modals.values()].flat()];
    const taken = all.some((view) => view !== self && view.content.external_id === wanted);
    return taken ? refuse('duplicate_external_id') : undefined;
  }

  function show(view: View): void {
    if (view.content.type === 'home') state.setHome(view);
    else state.setModals(view.userId, stackOf(view.userId));
  }

  function replace(view: View, raw: unknown): Refusal | undefined {
    const content = readView(raw, view.content.type);
    if (isRefusal(content)) return content;
    const duplicate = checkExternal(content, view);
    if (duplicate !== undefined) return duplicate;
    view.content = named(content);
    view.values = valuesOf(view.content, view.values);
    view.hash = newHash();
    show(view);
    return undefined;
  }

  function put(userId: string, raw: unknown, how: 'open' | 'push'): View | Refusal {
    const content = readView(raw, 'modal');
    if (isRefusal(content)) return content;
    const duplicate = checkExternal(content);
    if (duplicate !== undefined) return duplicate;
    const stack = how === 'push' ? stackOf(userId) : [];
    if (how === 'push' && stack.length >= STACK) return refuse('push_limit_reached');
    const view = build(userId, content, stack.at(-1));
    state.setModals(userId, [...stack, view]);
    return view;
  }

  function byTrigger(triggerId: string, raw: unknown, how: 'open' | 'push'): Answer {
    const trigger = triggers.use(triggerId);
    if (typeof trigger === 'string') return refuse(trigger);
    // A view can only be pushed from inside a modal.
    if (how === 'push' && stackOf(trigger.userId).every((view) => view.id !== trigger.viewId)) {
      return refuse('invalid_trigger_id');
    }
    const view = put(trigger.userId, raw, how);
    return 'ok' in view ? view : { ok: true, view: presentView(view) };
  }

  function find(userId: string, viewId?: string): View | undefined {
    const stack = stackOf(userId);
    if (viewId === undefined) return stack.at(-1);
    const home = state.homes.get(userId);
    return home?.id === viewId ? home : stack.find((view) => view.id === viewId);
  }

  return {
    find,
    replace,
    open: (triggerId, view) => byTrigger(triggerId, view, 'open'),
    push: (triggerId, view) => byTrigger(triggerId, view, 'push'),
    update(which, raw) {
      const all = [...state.homes.values(), ...[...state.modals.values()].flat()];
      const view = all.find((candidate) =>
        which.view_id === undefined
          ? candidate.content.external_id === which.external_id
          : candidate.id === which.view_id,
      );
      if (view === undefined) return refuse('not_found');
      if (which.hash !== undefined && which.hash !== view.hash) return refuse('hash_conflict');
      return replace(view, raw) ?? { ok: true, view: presentView(view) };
    },
    publish(userId, raw, hash) {
      const content = readView(raw, 'home');
      if (isRefusal(content)) return content;
      const known = state.homes.get(userId);
      if (hash !== undefined && known !== undefined && hash !== known.hash) return refuse('hash_conflict');
      const duplicate = checkExternal(content, known);
      if (duplicate !== undefined) return duplicate;
      const view = known ?? build(userId, content, undefined);
      if (known !== undefined) replace(known, raw);
      else state.setHome(view);
      return { ok: true, view: presentView(view) };
    },
    pushOn(view, raw) {
      const pushed = put(view.userId, raw, 'push');
      return 'ok' in pushed ? pushed : undefined;
    },
    close(userId, all) {
      const stack = stackOf(userId);
      const closed = all ? stack.splice(0) : stack.splice(-1);
      state.setModals(userId, stack);
      return closed;
    },
    setValue(view, blockId, actionId, fields) {
      view.values[blockId] = { ...view.values[blockId], [actionId]: fields };
    },
  };
}
