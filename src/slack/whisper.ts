import type { ConversationKey, Sender } from '../chat/vocabulary.ts';
import { refusedText } from '../commands/intake-words.ts';
import type { CallAside } from './asides.ts';
import type { Background } from './background.ts';
import type { Json } from './json.ts';

/** A person in a thread. */
export interface Listener {
  readonly key: ConversationKey;
  readonly sender: Sender;
}

/** Shows a word to one person only, in the thread. Best effort, beside whatever else goes on. */
export type Whisper = (to: Listener, text: string, blocks?: readonly Json[]) => void;

/** Later than this, nobody would know any more what it is about. */
const PATIENCE_MS = 30_000;

export function createWhisper(callAside: CallAside, background: Background): Whisper {
  return (to, text, blocks) => {
    background('a private explanation could not be shown', async () => {
      await callAside({
        workspace: to.key.tenant,
        method: 'chat.postEphemeral',
        args: {
          channel: to.key.conversation,
          user: to.sender.id,
          ...(to.key.thread === '' ? {} : { thread_ts: to.key.thread }),
          text,
          ...(blocks ? { blocks } : {}),
        },
        patienceMs: PATIENCE_MS,
      });
    });
  };
}

/** Said in more than one place. */
export const REFUSED = refusedText('slack');
export const GUESTS_REFUSED =
  'I am not allowed to answer guests of this workspace. Ask somebody who is a full member, or your administrator.';
export const NOT_INVITED =
  'Your company account is in no group that may use me. Ask your administrator to add you to one, then ask again.';
