import { nameOf } from '../chat/digest.ts';
import type { ConversationKey } from '../chat/vocabulary.ts';

/**
 * The agent's session for one actor in one thread: the same for the AgentCore runtime and for Memory
 * (33–100 characters of `[a-zA-Z0-9][a-zA-Z0-9-_]*` are valid for both; this one has 55).
 *
 * The id is derived, so losing Redis loses no conversation. `generation` starts at 0 and grows with every `new`.
 */
export function sessionId(key: ConversationKey, actor: string, generation: number): string {
  return `tc-${nameOf([key.platform, key.tenant, key.conversation, key.thread, actor, generation])}`;
}
