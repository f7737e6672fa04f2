import type { Asker } from './account.ts';
import type { ConversationAnswer } from './conversation-answers.ts';
import type { Conversations } from './conversations.ts';
import type { ListState } from './session-buttons.ts';

/** Archives those that were long idle, of a list that offers it. */
export async function archiveIdle(
  conversations: Pick<Conversations, 'list' | 'archive'>,
  asker: Asker,
  list: ListState,
): Promise<ConversationAnswer> {
  const { shown } = await conversations.list(asker, list);
  const idle = shown?.kind === 'sessions' ? (shown.idle ?? []) : [];
  let archived = 0;
  for (const { id } of idle) if ((await conversations.archive(asker, { id })).found) archived += 1;
  const text = archived === 1 ? 'One is archived.' : `${archived} are archived.`;
  return { text, found: true, atWork: false };
}
