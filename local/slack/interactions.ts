import type { Deliveries } from './deliveries.ts';
import { findElements, mayBe, type Placed, type Value } from './elements.ts';
import { VERIFICATION_TOKEN } from './events.ts';
import { actionFields, actor, channelFields } from './interaction-payloads.ts';
import type { Shortcut } from './manifest.ts';
import type { Channel, Message, User } from './model.ts';
import type { People } from './people.ts';
import type { Posting } from './posting.ts';
import type { Presenter } from './present.ts';
import type { ResponseUrls } from './response-urls.ts';
import { APP, TEAM } from './seed.ts';
import type { State } from './state.ts';
import type { Triggers } from './triggers.ts';

type Delivered = Promise<{ readonly status: number | undefined }>;

/** What a person does with the app's own controls. `status` is what the app answered; undefined = nothing in time. */
export interface Interactions {
  /** Uses a button or menu of a message. `actionId` may be left out when the message has one button only. */
  click(args: {
    user: string;
    channel: string;
    ts: string;
    actionId?: string | undefined;
    value?: Value | undefined;
  }): Delivered;
  /** Runs a slash command. */
  command(args: { user: string; channel: string; command: string; text: string }): Delivered;
  /** Runs a message shortcut (with `channel` and `ts`) or a global one. */
  shortcut(args: {
    user: string;
    callbackId: string;
    channel?: string | undefined;
    ts?: string | undefined;
  }): Delivered;
}

export function createInteractions(deps: {
  state: State;
  deliveries: Deliveries;
  presenter: Presenter;
  posting: Posting;
  people: People;
  triggers: Triggers;
  responses: ResponseUrls;
  shortcuts: readonly Shortcut[];
}): Interactions {
  const { state, deliveries, presenter, posting, people, triggers, responses, shortcuts } = deps;

  function tellOnly(user: User, channel: Channel, text: string): void {
    posting.addBotMessage({ channel: channel.id, content: { text, blocks: [] }, ephemeralFor: user.id });
  }

  function visible(userName: string, channelName: string, ts: string) {
    const { user, channel } = people.place(userName, channelName);
    const message = state
      .messages(channel.id)
      .find((item) => item.ts === ts && (item.ephemeralFor === undefined || item.ephemeralFor === user.id));
    if (message === undefined) throw new Error(`${user.name} sees no message ${ts} in ${channelName}`);
    return { user, channel, message };
  }

  /** The one control that is meant, or an error that lists those there are. */
  function choose(message: Message, actionId: string | undefined, value: Value | undefined): Placed {
    const all = findElements(message.blocks);
    const meant = all.filter(({ element }) =>
      actionId === undefined ? element.type === 'button' : element.action_id === actionId,
    );
    // Controls of one action_id may differ by their value, or by what can be chosen.
    const [found, ...more] = meant.filter(({ element }) => value === undefined || mayBe(element, value));
    if (found !== undefined && more.length === 0) return found;
    const ids = all.map(({ element }) => String(element.action_id)).join(', ') || 'none';
    throw new Error(`Message ${message.ts} has no single such control. It has: ${ids}.`);
  }

  async function send(payload: Record<string, unknown>, name: string): Delivered {
    const answer = await deliveries.sendInteraction('interactive', payload, name);
    return { status: answer?.status };
  }

  return {
    click({ user: userName, channel: channelName, ts, actionId, value }) {
      const { user, channel, message } = visible(userName, channelName, ts);
      const placed = choose(message, actionId, value);
      return send(
        {
          type: 'block_actions',
          ...actor(user),
          container: {
            type: 'message',
            message_ts: message.ts,
            channel_id: channel.id,
            is_ephemeral: message.ephemeralFor !== undefined,
            ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
          },
          trigger_id: triggers.issue(user.id),
          channel: channelFields(channel),
          // Of what one person alone sees, Slack keeps no copy to send.
          ...(message.ephemeralFor === undefined
            ? { message: presenter.message(message, { metadata: true }) }
            : {}),
          state: { values: {} },
          response_url: responses.issue(channel, user, message),
          actions: [actionFields(placed, value, state.nextTs())],
        },
        'block_actions',
      );
    },
    async command({ user: userName, channel: channelName, command, text }) {
      const { user, channel } = people.place(userName, channelName);
      const url = responses.issue(channel, user);
      const payload = {
        token: VERIFICATION_TOKEN,
        team_id: TEAM.id,
        team_domain: TEAM.domain,
        channel_id: channel.id,
        channel_name: channelFields(channel).name,
        user_id: user.id,
        user_name: user.name,
        command,
        text,
        api_app_id: APP.id,
        is_enterprise_install: 'false',
        response_url: url,
        trigger_id: triggers.issue(user.id),
      };
      const answer = await deliveries.sendInteraction('slash_commands', payload, command);
      if (answer === undefined) {
        tellOnly(user, channel, `${command} failed with the error "operation_timeout"`);
      } else if (answer.status !== 200) {
        tellOnly(user, channel, `${command} failed with the error "dispatch_failed"`);
      } else responses.answer(url, answer.body);
      return { status: answer?.status };
    },
    shortcut({ user: userName, callbackId, channel: channelName, ts }) {
      const type = channelName !== undefined && ts !== undefined ? 'message' : 'global';
      if (!shortcuts.some((item) => item.callbackId === callbackId && item.type === type)) {
        const names = shortcuts.map((item) => `${item.callbackId} (${item.type})`).join(', ') || 'none';
        throw new Error(`The app has no ${type} shortcut ${callbackId}. It has: ${names}.`);
      }
      const common = { callback_id: callbackId, action_ts: state.nextTs() };
      if (channelName === undefined || ts === undefined) {
        const user = people.person(userName);
        return send(
          { type: 'shortcut', ...actor(user), ...common, trigger_id: triggers.issue(user.id) },
          'shortcut',
        );
      }
      const { user, channel, message } = visible(userName, channelName, ts);
      return send(
        {
          type: 'message_action',
          ...actor(user),
          ...common,
          trigger_id: triggers.issue(user.id),
          response_url: responses.issue(channel, user, message),
          message_ts: message.ts,
          channel: channelFields(channel),
          message: presenter.message(message, { metadata: true }),
        },
        'message_action',
      );
    },
  };
}
