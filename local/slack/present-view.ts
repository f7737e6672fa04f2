import type { View } from './model.ts';
import { APP, TEAM } from './seed.ts';

/** A view as the Web API and interactions carry it. */
export function presentView(view: View): Record<string, unknown> {
  return {
    id: view.id,
    team_id: TEAM.id,
    title: null,
    close: null,
    submit: null,
    private_metadata: '',
    callback_id: '',
    external_id: '',
    clear_on_close: false,
    notify_on_close: false,
    ...view.content,
    state: { values: view.values },
    hash: view.hash,
    previous_view_id: view.previousId ?? null,
    root_view_id: view.rootId,
    app_id: APP.id,
    app_installed_team_id: TEAM.id,
    bot_id: APP.botId,
  };
}
