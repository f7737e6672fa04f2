import { z } from 'zod';
import { isRefusal } from './content-rules.ts';
import type { Deliveries } from './deliveries.ts';
import { findElements, initialValue, mayBe, problemOf, type Value, valueFields } from './elements.ts';
import { actionFields, actor } from './interaction-payloads.ts';
import type { View } from './model.ts';
import type { People } from './people.ts';
import { presentView } from './present-view.ts';
import type { State } from './state.ts';
import type { Triggers } from './triggers.ts';
import type { Views } from './views.ts';

/** What a person entered: by block_id and action_id. */
export type Entered = Readonly<Record<string, Readonly<Record<string, Value>>>>;

export interface SubmitResult {
  /** `taken`: the app accepted it. `errors`: some fields need another value. `failed`: the app did not answer well. */
  readonly result: 'taken' | 'errors' | 'failed';
  readonly errors?: Readonly<Record<string, string>>;
}

export interface ViewInteractions {
  /** Uses a control of a modal or of the App Home. */
  clickView(args: {
    user: string;
    viewId: string;
    actionId: string;
    value?: Value | undefined;
  }): Promise<{ readonly status: number | undefined }>;
  /** Presses the submit button of the modal on top. Does not ask the app when a required field is empty. */
  submitView(args: {
    user: string;
    viewId?: string | undefined;
    values?: Entered | undefined;
  }): Promise<SubmitResult>;
  /** Closes the modal on top, or (`all`) the whole stack. The app hears of it when it asked to. */
  closeView(args: { user: string; all?: boolean | undefined }): Promise<void>;
}

const content = z.record(z.string(), z.unknown());
/** Source: docs.slack.dev, "Modals", responding to view_submission. */
const responseSchema = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string()) }),
  z.object({ response_action: z.literal('update'), view: content }),
  z.object({ response_action: z.literal('push'), view: content }),
  z.object({ response_action: z.literal('clear') }),
]);

export function createViewInteractions(deps: {
  state: State;
  deliveries: Deliveries;
  people: People;
  triggers: Triggers;
  views: Views;
}): ViewInteractions {
  const { state, deliveries, people, triggers, views } = deps;

  function seen(userName: string, viewId: string | undefined): { userId: string; view: View } {
    const user = people.person(userName);
    const view = views.find(user.id, viewId);
    if (view === undefined) throw new Error(`${user.name} sees no view ${viewId ?? ''}`.trim());
    return { userId: user.id, view };
  }

  /** Notes the values in the view and returns the fields that need another one, by block_id. */
  function enter(view: View, values: Entered): Record<string, string> {
    const problems: Record<string, string> = {};
    for (const { block, element } of findElements(view.content.blocks)) {
      if (block.type !== 'input') continue;
      const [blockId, actionId] = [String(block.block_id), String(element.action_id)];
      const given = values[blockId]?.[actionId];
      const value = given === undefined ? initialValue(element) : given;
      views.setValue(view, blockId, actionId, { type: element.type, ...valueFields(element, value) });
      const problem = problemOf(block, element, value);
      if (problem !== undefined) problems[blockId] = problem;
    }
    return problems;
  }

  function follow(view: View, body: string): SubmitResult {
    if (body === '') {
      views.close(view.userId, false);
      return { result: 'taken' };
    }
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      // Slack shows the same trouble for an answer that it cannot read.
      return { result: 'failed' };
    }
    const parsed = responseSchema.safeParse(value);
    if (!parsed.success) return { result: 'failed' };
    const response = parsed.data;
    if (response.response_action === 'errors') return { result: 'errors', errors: response.errors };
    if (response.response_action === 'clear') {
      views.close(view.userId, true);
      return { result: 'taken' };
    }
    const refusal =
      response.response_action === 'update'
        ? views.replace(view, response.view)
        : views.pushOn(view, response.view);
    return refusal !== undefined && isRefusal(refusal) ? { result: 'failed' } : { result: 'taken' };
  }

  async function tellClosed(view: View, cleared: boolean): Promise<void> {
    if (view.content.notify_on_close !== true) return;
    const payload = {
      type: 'view_closed',
      ...actor(people.person(view.userId)),
      view: presentView(view),
      is_cleared: cleared,
    };
    await deliveries.sendInteraction('interactive', payload, 'view_closed');
  }

  return {
    async clickView({ user: userName, viewId, actionId, value }) {
      const { userId, view } = seen(userName, viewId);
      const named = findElements(view.content.blocks).filter(({ element }) => element.action_id === actionId);
      // Controls of one action_id may differ by their value.
      const placed = named.find(({ element }) => value === undefined || mayBe(element, value));
      if (placed === undefined) throw new Error(`View ${viewId} has no control ${actionId}`);
      if (placed.element.type !== 'button' && value !== undefined) {
        const fields = { type: placed.element.type, ...valueFields(placed.element, value) };
        views.setValue(view, String(placed.block.block_id), actionId, fields);
      }
      const payload = {
        type: 'block_actions',
        ...actor(people.person(userId)),
        container: { type: 'view', view_id: view.id },
        trigger_id: triggers.issue(userId, view.id),
        view: presentView(view),
        actions: [actionFields(placed, value, state.nextTs())],
      };
      const answer = await deliveries.sendInteraction('interactive', payload, 'block_actions');
      return { status: answer?.status };
    },
    async submitView({ user: userName, viewId, values = {} }) {
      const { userId, view } = seen(userName, viewId);
      const problems = enter(view, values);
      if (Object.keys(problems).length > 0) return { result: 'errors', errors: problems };
      const payload = {
        type: 'view_submission',
        ...actor(people.person(userId)),
        trigger_id: triggers.issue(userId, view.id),
        view: presentView(view),
        response_urls: [],
      };
      const answer = await deliveries.sendInteraction('interactive', payload, 'view_submission');
      return answer?.status === 200 ? follow(view, answer.body) : { result: 'failed' };
    },
    async closeView({ user: userName, all = false }) {
      const { userId, view } = seen(userName, undefined);
      const everything = all || view.content.clear_on_close === true;
      const closed = views.close(userId, everything);
      for (const each of closed) await tellClosed(each, everything);
    },
  };
}
