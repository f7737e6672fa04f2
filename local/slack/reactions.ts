import type { Message } from './model.ts';

/** Slack's names of emoji, with an optional skin tone. */
export function isReactionName(name: string): boolean {
  return /^[a-z0-9_+'-]+(?:::skin-tone-[2-6])?$/.test(name);
}

/** Adds the reaction of this user, or takes it back. True when it was added. */
export function toggleReaction(message: Message, name: string, userId: string): boolean {
  const users = message.reactions.get(name) ?? new Set<string>();
  const added = !users.has(userId);
  if (added) users.add(userId);
  else users.delete(userId);
  if (users.size === 0) message.reactions.delete(name);
  else message.reactions.set(name, users);
  return added;
}
