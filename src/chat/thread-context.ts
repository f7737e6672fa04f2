/** A message in a thread, before it is told to the agent as background. */
export interface SeenMessage {
  readonly from: 'asker' | 'bot' | 'other';
  /** It names the bot. */
  readonly addressed: boolean;
  /** Who wrote it, by an id of the platform. */
  readonly author: string;
  readonly text: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const MOST_MESSAGES = 20;
const MOST_CHARS = 12_000;
/** No more than the guardrail reads at once, with the sign that there was more. */
const MESSAGE_CHARS = 2_000;

/**
 * What of a thread the agent is told beside a question: the newest that others wrote, and what its author wrote before the
 * bot was first asked. Of what the author wrote since the agent knows, as of its own answers. In their order. Pure.
 */
export function threadContext(thread: readonly SeenMessage[]): SeenMessage[] {
  const sorted = thread.toSorted((a, b) => a.at - b.at);
  const asked = sorted.findIndex(({ from, addressed }) => from === 'asker' && addressed);
  const told = sorted.filter(
    ({ from, text }, i) =>
      text.trim() !== '' && (from === 'other' || (from === 'asker' && (asked < 0 || i < asked))),
  );
  const kept: SeenMessage[] = [];
  let chars = 0;
  for (const message of told.slice(-MOST_MESSAGES).reverse()) {
    const { text } = message;
    const short =
      text.length > MESSAGE_CHARS
        ? `${text.slice(0, MESSAGE_CHARS - 1).toWellFormed()}…`
        : text.toWellFormed();
    chars += short.length;
    if (chars > MOST_CHARS) break;
    kept.unshift({ ...message, text: short });
  }
  return kept;
}
