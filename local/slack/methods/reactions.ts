import { z } from 'zod';
import { isRefusal } from '../content-rules.ts';
import type { Events } from '../events.ts';
import { type Answer, type Message, type Refusal, refuse } from '../model.ts';
import type { Posting } from '../posting.ts';
import type { Presenter } from '../present.ts';
import { isReactionName, toggleReaction } from '../reactions.ts';
import { APP } from '../seed.ts';
import type { State } from '../state.ts';
import { flag, type Method, method, text } from './method.ts';

/** `reactions.*`, as the bot. */
export function reactionMethods(deps: {
  state: State;
  events: Events;
  posting: Posting;
  presenter: Presenter;
}): Record<string, Method> {
  const { state, events, posting, presenter } = deps;
  const place = { channel: text, timestamp: text };

  function messageAt(args: { channel: string; timestamp: string }): Message | Refusal {
    const channel = posting.writable(args.channel);
    if (isRefusal(channel)) return channel;
    return state.message(channel.id, args.timestamp) ?? refuse('message_not_found');
  }

  /** Adds or takes back the bot's own reaction; `already` is the refusal when there is nothing to do. */
  function change(
    args: { channel: string; timestamp: string; name: string },
    adds: boolean,
    already: string,
  ): Answer {
    const message = messageAt(args);
    if (isRefusal(message)) return message;
    if (!isReactionName(args.name)) return refuse('invalid_name');
    if (message.reactions.get(args.name)?.has(APP.botUserId) === adds) return refuse(already);
    if (!adds && message.reactions.get(args.name)?.has(APP.botUserId) !== true) return refuse(already);
    toggleReaction(message, args.name, APP.botUserId);
    state.changed(message);
    void events.reacted(message, args.name, APP.botUserId, adds);
    return { ok: true };
  }

  return {
    'reactions.add': method(z.object({ ...place, name: text }), (args) =>
      change(args, true, 'already_reacted'),
    ),
    'reactions.remove': method(z.object({ ...place, name: text }), (args) =>
      change(args, false, 'no_reaction'),
    ),
    'reactions.get': method(z.object({ ...place, full: flag }), (args) => {
      const message = messageAt(args);
      if (isRefusal(message)) return message;
      return { ok: true, type: 'message', channel: args.channel, message: presenter.message(message) };
    }),
  };
}
