import { z } from 'zod';
import { refuse } from '../model.ts';
import type { State } from '../state.ts';
import type { Views } from '../views.ts';
import { type Method, method, optionalText, text } from './method.ts';

/** `views.*`: modals and the App Home. */
export function viewMethods(state: State, views: Views): Record<string, Method> {
  const view = z.unknown().refine((value) => value !== undefined, 'missing required field: view');
  return {
    'views.open': method(z.object({ trigger_id: text, view }), (args) =>
      views.open(args.trigger_id, args.view),
    ),
    'views.push': method(z.object({ trigger_id: text, view }), (args) =>
      views.push(args.trigger_id, args.view),
    ),
    'views.update': method(
      z
        .object({ view_id: optionalText, external_id: optionalText, hash: optionalText, view })
        .refine(
          ({ view_id, external_id }) => view_id !== undefined || external_id !== undefined,
          'missing required field: view_id',
        ),
      ({ view: content, ...which }) => views.update(which, content),
    ),
    'views.publish': method(z.object({ user_id: text, hash: optionalText, view }), (args) =>
      state.user(args.user_id) === undefined
        ? refuse('user_not_found')
        : views.publish(args.user_id, args.view, args.hash),
    ),
  };
}
