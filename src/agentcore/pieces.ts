import type { AgentEvent } from '../contract/events.ts';

/** What one frame of a foreign agent means, before duplicates are removed and `seq` is given. */
export type Piece =
  /** `source` names the kind of frame: agents often send the same words as deltas and again as a whole. */
  | { readonly kind: 'text'; readonly source: string; readonly text: string }
  | {
      readonly kind: 'tool';
      readonly id: string;
      readonly name: string;
      readonly state: 'started' | 'finished' | 'failed';
    }
  | { readonly kind: 'usage'; readonly inputTokens: number; readonly outputTokens: number }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'message-start' }
  | { readonly kind: 'message-stop'; readonly reason: string }
  | { readonly kind: 'event'; readonly event: AgentEvent };
