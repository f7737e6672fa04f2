import { nameOf } from './digest.ts';
import type { ConversationKey, Sender } from './vocabulary.ts';

const LANE_LENGTH = 32;
/** The second name of a delivery: with this length Redis keeps it in less memory. */
const CLIENT_LENGTH = 19;

/** The thread a conversation key points at, whoever writes in it. */
export function threadId(key: ConversationKey): string {
  return nameOf([key.platform, key.tenant, key.conversation, key.thread]).slice(0, LANE_LENGTH);
}

/** The queue of one sender in one thread. */
export function laneId(key: ConversationKey, sender: Sender): string {
  return nameOf([key.platform, key.tenant, key.conversation, key.thread, sender.tenant, sender.id]).slice(
    0,
    LANE_LENGTH,
  );
}

/** A sender, wherever they write: short, and without the platform's ids in clear. */
export function personId(sender: Sender): string {
  return nameOf(['person', sender.tenant, sender.id]).slice(0, LANE_LENGTH);
}

/** A delivery's identity as it is kept in Redis: short, and without the platform's ids in clear. */
export function claimId(claim: string): string {
  return nameOf(['claim', claim]).slice(0, claim.startsWith('slack:client:') ? CLIENT_LENGTH : LANE_LENGTH);
}

/** Who a chat account is while no identity is linked to it. */
export function chatActor(message: {
  readonly key: Pick<ConversationKey, 'platform'>;
  readonly sender: Sender;
}): string {
  return `${message.key.platform}:${message.sender.tenant}:${message.sender.id}`;
}
