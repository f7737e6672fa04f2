import { z } from 'zod';
import { isRefusal } from '../content-rules.ts';
import type { Interactions } from '../interactions.ts';
import { refuse } from '../model.ts';
import type { Posting } from '../posting.ts';
import type { Presenter } from '../present.ts';
import { APP, TEAM } from '../seed.ts';
import type { State } from '../state.ts';
import { flag, type Method, method, optionalText, text, wholeNumber } from './method.ts';

/** `auth.*`, `api.*`, `users.*`, `reactions.*`, `views.*`. */
export function workspaceMethods(deps: {
  state: State;
  presenter: Presenter;
  posting: Posting;
  interactions: Interactions;
  baseUrl: () => string;
}): Record<string, Method> {
  const { state, presenter, posting, interactions, baseUrl } = deps;
  const view = z.looseObject({ type: z.enum(['home', 'modal']), blocks: z.array(z.unknown()).max(100) });
  const modal = view.extend({
    type: z.literal('modal'),
    title: z.looseObject({ text: z.string().min(1).max(24, 'must be less than 25 characters') }),
  });

  return {
    'api.test': method(z.looseObject({ error: optionalText }), ({ error, ...args }) =>
      error === undefined ? { ok: true, args } : refuse(error),
    ),
    'auth.test': method(z.object({}), () => ({
      ok: true,
      url: `${baseUrl()}/`,
      team: TEAM.name,
      user: 'cloud-engineer',
      team_id: TEAM.id,
      user_id: APP.botUserId,
      bot_id: APP.botId,
      is_enterprise_install: false,
    })),
    'users.info': method(z.object({ user: text, include_locale: flag }), (args) => {
      const user = state.user(args.user);
      return user === undefined ? refuse('user_not_found') : { ok: true, user: presenter.user(user) };
    }),
    'users.list': method(z.object({ limit: wholeNumber, cursor: optionalText }), () => ({
      ok: true,
      members: state.users.map(presenter.user),
      response_metadata: { next_cursor: '' },
    })),
    'reactions.add': method(z.object({ channel: text, timestamp: text, name: text }), (args) => {
      const channel = posting.writable(args.channel);
      if (isRefusal(channel)) return channel;
      const message = state.message(channel.id, args.timestamp);
      if (message === undefined) return refuse('message_not_found');
      if (!/^[a-z0-9_+'-]+(?:::skin-tone-[2-6])?$/.test(args.name)) return refuse('invalid_name');
      const users = message.reactions.get(args.name) ?? new Set<string>();
      if (users.has(APP.botUserId)) return refuse('already_reacted');
      message.reactions.set(args.name, users.add(APP.botUserId));
      state.changed(message);
      return { ok: true };
    }),
    'views.publish': method(
      z.object({ user_id: text, view: view.extend({ type: z.literal('home') }) }),
      (args) => {
        if (state.user(args.user_id) === undefined) return refuse('user_not_found');
        state.keepView({ kind: 'home', userId: args.user_id, view: args.view });
        return { ok: true, view: { id: state.nextId('V'), team_id: TEAM.id, ...args.view } };
      },
    ),
    'views.open': method(z.object({ trigger_id: text, view: modal }), (args) => {
      const error = interactions.useTrigger(args.trigger_id);
      if (error !== undefined) return refuse(error);
      state.keepView({ kind: 'modal', view: args.view });
      return { ok: true, view: { id: state.nextId('V'), team_id: TEAM.id, ...args.view } };
    }),
  };
}
