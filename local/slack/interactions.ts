import { nameBlocks } from './block-ids.ts';
import { isRefusal, readContent, TEXT_LIMITS } from './content-rules.ts';
import type { Deliveries } from './deliveries.ts';
import { VERIFICATION_TOKEN } from './events.ts';
import { findLiveMentions } from './live-mentions.ts';
import type { Channel, Message, User } from './model.ts';
import type { People } from './people.ts';
import type { Posting } from './posting.ts';
import type { Presenter } from './present.ts';
import { APP, TEAM } from './seed.ts';
import type { State } from './state.ts';

/** Source: docs.slack.dev, "Handling user interaction": a response URL serves five times within 30 minutes. */
const RESPONSE_USES = 5;
const RESPONSE_LIFETIME_MS = 30 * 60_000;
/** A trigger opens one view, within three seconds. */
const TRIGGER_LIFETIME_MS = 3000;

interface ResponseUrl {
  readonly channel: Channel;
  readonly user: User;
  readonly source: Message | undefined;
  readonly createdAt: number;
  uses: number;
}

export interface Interactions {
  /** Presses a button of a message. `actionId` may be left out when the message has one button only. */
  click(args: {
    user: string;
    channel: string;
    ts: string;
    actionId?: string;
    value?: string;
  }): Promise<{ status: number | undefined }>;
  /** Runs a slash command. */
  command(args: {
    user: string;
    channel: string;
    command: string;
    text: string;
  }): Promise<{ status: number | undefined }>;
  /** What the app sent to a response URL. Returns the HTTP status and body that Slack would answer. */
  respond(id: string, body: Record<string, unknown>): { readonly status: number; readonly body: string };
  /** Undefined when the trigger may open a view now; otherwise Slack's error name. Uses the trigger up. */
  useTrigger(id: string): string | undefined;
}

interface Button {
  readonly block: Record<string, unknown>;
  readonly element: Record<string, unknown>;
}

function findButtons(message: Message): Button[] {
  return message.blocks.flatMap((block) => {
    const elements = Array.isArray(block.elements) ? block.elements : [block.accessory];
    return elements.flatMap((element: unknown) =>
      typeof element === 'object' && element !== null && 'type' in element && element.type === 'button'
        ? [{ block, element: element as Record<string, unknown> }]
        : [],
    );
  });
}

export function createInteractions(deps: {
  state: State;
  deliveries: Deliveries;
  presenter: Presenter;
  posting: Posting;
  people: People;
  now: () => number;
  baseUrl: () => string;
}): Interactions {
  const { state, deliveries, presenter, posting, people, now, baseUrl } = deps;
  const responses = new Map<string, ResponseUrl>();
  const triggers = new Map<string, { at: number; used: boolean }>();

  function newTrigger(): string {
    const id = `${state.nextId('trg')}.${state.nextId('t')}`;
    triggers.set(id, { at: now(), used: false });
    return id;
  }

  function newResponseUrl(channel: Channel, user: User, source: Message | undefined): string {
    const id = state.nextId('R');
    responses.set(id, { channel, user, source, createdAt: now(), uses: 0 });
    return `${baseUrl()}/response/${TEAM.id}/${id}`;
  }

  function tellOnly(user: User, channel: Channel, text: string): void {
    posting.addBotMessage({ channel: channel.id, content: { text, blocks: [] }, ephemeralFor: user.id });
  }

  function writeResponse(target: ResponseUrl, body: Record<string, unknown>): string | undefined {
    const { source, channel, user } = target;
    if (body.delete_original === true) {
      if (source !== undefined) state.remove(source);
      return undefined;
    }
    const content = readContent(body, TEXT_LIMITS.postText);
    if (isRefusal(content)) return content.error;
    if (body.replace_original === true && source !== undefined) {
      source.text = content.text;
      source.blocks = nameBlocks(content.blocks, state.nextId);
      source.live = findLiveMentions(source.text, source.blocks);
      state.changed(source);
      return undefined;
    }
    const threadTs = typeof body.thread_ts === 'string' ? body.thread_ts : source?.threadTs;
    posting.addBotMessage({
      channel: channel.id,
      content,
      threadTs,
      ephemeralFor: body.response_type === 'in_channel' ? undefined : user.id,
    });
    return undefined;
  }

  return {
    async click({ user: userName, channel: channelName, ts, actionId, value }) {
      const { user, channel } = people.place(userName, channelName);
      const message = state
        .messages(channel.id)
        .find((item) => item.ts === ts && (item.ephemeralFor === undefined || item.ephemeralFor === user.id));
      if (message === undefined) throw new Error(`${user.name} sees no message ${ts} in ${channelName}`);
      const buttons = findButtons(message).filter(
        ({ element }) =>
          (actionId === undefined || element.action_id === actionId) &&
          (value === undefined || element.value === value),
      );
      const [button] = buttons;
      if (button === undefined || buttons.length > 1) {
        const ids = findButtons(message).map(({ element }) => String(element.action_id));
        throw new Error(`Message ${ts} has no single such button. Its buttons: ${ids.join(', ') || 'none'}.`);
      }
      const { block, element } = button;
      const payload = {
        type: 'block_actions',
        user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId },
        api_app_id: APP.id,
        token: VERIFICATION_TOKEN,
        container: {
          type: 'message',
          message_ts: message.ts,
          channel_id: channel.id,
          is_ephemeral: message.ephemeralFor !== undefined,
          ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
        },
        trigger_id: newTrigger(),
        team: { id: TEAM.id, domain: TEAM.domain },
        enterprise: null,
        is_enterprise_install: false,
        channel: { id: channel.id, name: channel.kind === 'im' ? 'directmessage' : channel.name },
        message: presenter.message(message, { metadata: true }),
        state: { values: {} },
        response_url: newResponseUrl(channel, user, message),
        actions: [
          {
            type: 'button',
            action_id: element.action_id,
            block_id: block.block_id,
            text: element.text,
            ...(element.value === undefined ? {} : { value: element.value }),
            ...(element.style === undefined ? {} : { style: element.style }),
            action_ts: state.nextTs(),
          },
        ],
      };
      const answer = await deliveries.sendForm({ payload: JSON.stringify(payload) }, 'block_actions');
      return { status: answer?.status };
    },
    async command({ user: userName, channel: channelName, command, text }) {
      const { user, channel } = people.place(userName, channelName);
      const target = newResponseUrl(channel, user, undefined);
      const names = { im: 'directmessage', group: 'privategroup', channel: channel.name };
      const form = {
        token: VERIFICATION_TOKEN,
        team_id: TEAM.id,
        team_domain: TEAM.domain,
        channel_id: channel.id,
        channel_name: names[channel.kind],
        user_id: user.id,
        user_name: user.name,
        command,
        text,
        api_app_id: APP.id,
        is_enterprise_install: 'false',
        response_url: target,
        trigger_id: newTrigger(),
      };
      const answer = await deliveries.sendForm(form, command);
      if (answer === undefined) {
        tellOnly(user, channel, `${command} failed with the error "operation_timeout"`);
      } else if (answer.status !== 200) {
        tellOnly(user, channel, `${command} failed with the error "dispatch_failed"`);
      } else if (answer.body !== '') {
        const source = responses.get(target.split('/').at(-1) ?? '');
        if (source !== undefined) writeResponse(source, readBody(answer.body));
      }
      return { status: answer?.status };
    },
    respond(id, body) {
      const target = responses.get(id);
      if (target === undefined) return { status: 404, body: '{"ok":false,"error":"invalid_url"}' };
      if (now() - target.createdAt > RESPONSE_LIFETIME_MS) {
        return { status: 404, body: '{"ok":false,"error":"expired_url"}' };
      }
      if (target.uses >= RESPONSE_USES) return { status: 404, body: '{"ok":false,"error":"used_url"}' };
      target.uses += 1;
      const error = writeResponse(target, body);
      return error === undefined
        ? { status: 200, body: '{"ok":true}' }
        : { status: 400, body: JSON.stringify({ ok: false, error }) };
    },
    useTrigger(id) {
      const trigger = triggers.get(id);
      if (trigger === undefined) return 'invalid_trigger_id';
      if (trigger.used) return 'exchanged_trigger_id';
      if (now() - trigger.at > TRIGGER_LIFETIME_MS) return 'expired_trigger_id';
      trigger.used = true;
      return undefined;
    },
  };
}

/** The immediate answer to a command: JSON, or plain text that is shown as it is. */
function readBody(body: string): Record<string, unknown> {
  if (!body.startsWith('{')) return { text: body };
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    // Slack shows what it cannot parse as text.
    return { text: body };
  }
}
