import { z } from 'zod';
import { refuse } from '../model.ts';
import type { Presenter } from '../present.ts';
import { APP, TEAM } from '../seed.ts';
import type { State } from '../state.ts';
import { flag, type Method, method, optionalText, text, wholeNumber } from './method.ts';

/** `auth.*`, `api.*`, `apps.*`, `team.*`, `bots.*`, `users.*`. */
export function workspaceMethods(deps: {
  state: State;
  presenter: Presenter;
  /** A WebSocket address for Socket Mode; undefined while it is off. */
  issueSocketUrl: (() => string) | undefined;
  baseUrl: () => string;
}): Record<string, Method> {
  const { state, presenter, issueSocketUrl, baseUrl } = deps;

  return {
    'api.test': method(z.looseObject({ error: optionalText }), ({ error, ...args }) =>
      error === undefined ? { ok: true, args } : refuse(error),
    ),
    'apps.connections.open': method(z.object({}), () =>
      issueSocketUrl === undefined ? refuse('forbidden_team') : { ok: true, url: issueSocketUrl() },
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
    'team.info': method(z.object({ team: optionalText }), ({ team }) =>
      team === undefined || team === TEAM.id
        ? { ok: true, team: { ...TEAM, email_domain: '', icon: { image_default: true } } }
        : refuse('team_not_found'),
    ),
    'bots.info': method(z.object({ bot: optionalText }), ({ bot }) =>
      bot === undefined || bot === APP.botId
        ? {
            ok: true,
            bot: {
              id: APP.botId,
              app_id: APP.id,
              user_id: APP.botUserId,
              name: 'Cloud Engineer',
              deleted: false,
              updated: 1_700_000_000,
              icons: { image_48: `${baseUrl()}/page/icon.svg` },
            },
          }
        : refuse('bot_not_found'),
    ),
    'users.info': method(z.object({ user: text, include_locale: flag }), (args) => {
      const user = state.user(args.user);
      if (user === undefined) return refuse('user_not_found');
      const { locale, ...shown } = presenter.user(user);
      return { ok: true, user: args.include_locale === true ? { ...shown, locale } : shown };
    }),
    'users.list': method(z.object({ limit: wholeNumber, cursor: optionalText }), () => ({
      ok: true,
      members: state.users.map(presenter.user),
      response_metadata: { next_cursor: '' },
    })),
  };
}
