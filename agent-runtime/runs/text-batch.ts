/**
 * Joins text deltas that come faster than anyone reads, so that a long answer needs hundreds of events and not
 * tens of thousands. The first words go out at once.
 */
export interface TextBatch {
  add(text: string): void;
  /** Sends what is held back. Called before any other event, which keeps the order. */
  flush(): void;
}

export function createTextBatch(options: {
  readonly send: (text: string) => void;
  readonly now: () => number;
  /** Longest time in milliseconds that text is held back. */
  readonly waitMs?: number;
  readonly maxChars?: number;
}): TextBatch {
  const waitMs = options.waitMs ?? 25;
  const maxChars = options.maxChars ?? 1024;
  let held = '';
  let lastSent = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (held === '') return;
    const text = held;
    held = '';
    lastSent = options.now();
    options.send(text);
  };

  return {
    add(text) {
      held += text;
      if (held.length >= maxChars || options.now() - lastSent >= waitMs) flush();
      else timer ??= setTimeout(flush, waitMs);
    },
    flush,
  };
}
