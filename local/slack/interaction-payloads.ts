import { type Placed, type Value, valueFields } from './elements.ts';
import { VERIFICATION_TOKEN } from './events.ts';
import type { Channel, User } from './model.ts';
import { APP, TEAM } from './seed.ts';

/** The parts that the payloads of interactions share. Source: docs.slack.dev, "Interaction payloads". */

export function actor(user: User): Record<string, unknown> {
  return {
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId },
    team: { id: TEAM.id, domain: TEAM.domain },
    api_app_id: APP.id,
    token: VERIFICATION_TOKEN,
    enterprise: null,
    is_enterprise_install: false,
  };
}

const PRIVATE_NAMES: Readonly<Record<Channel['kind'], string | undefined>> = {
  im: 'directmessage',
  group: 'privategroup',
  mpim: undefined,
  channel: undefined,
};

export function channelFields(channel: Channel): { readonly id: string; readonly name: string } {
  return { id: channel.id, name: PRIVATE_NAMES[channel.kind] ?? channel.name };
}

/** One entry of `actions` in `block_actions`. */
export function actionFields(
  { block, element }: Placed,
  value: Value | undefined,
  ts: string,
): Record<string, unknown> {
  const known = element.type === 'button' || element.type === 'icon_button';
  const fields = known
    ? {
        text: element.text,
        ...(element.value === undefined ? {} : { value: element.value }),
        ...(element.url === undefined ? {} : { url: element.url }),
        ...(element.style === undefined ? {} : { style: element.style }),
      }
    : valueFields(element, value ?? null);
  return {
    type: element.type,
    action_id: element.action_id,
    block_id: block.block_id,
    ...fields,
    action_ts: ts,
  };
}
