import type { ReplyRead, Step } from './read-reply.ts';

/** Prints a reply while it grows: each call writes only what is new. Plain text, the same on a terminal and in a pipe. */
export interface ReplyPrinter {
  status(text: string): void;
  reply(reply: ReplyRead): void;
  /** Ends the last line. */
  finish(): void;
}

const MARKS: Readonly<Record<string, string>> = { in_progress: '…', complete: '✓', error: '✗' };

export function createReplyPrinter(write: (text: string) => void): ReplyPrinter {
  let shownText = '';
  let atLineStart = true;
  let lastStatus = '';
  const shownSteps = new Map<string, string>();
  const shownNotices = new Set<string>();

  const put = (text: string) => {
    if (text === '') return;
    write(text);
    atLineStart = text.endsWith('\n');
  };
  const line = (text: string) => put(`${atLineStart ? '' : '\n'}${text}\n`);

  function step({ id, title, status }: Step): void {
    const mark = MARKS[status];
    if (!mark || shownSteps.get(id) === status) return;
    shownSteps.set(id, status);
    line(`${mark} ${title}`);
  }

  return {
    status(text) {
      if (text === '' || text === lastStatus) return;
      lastStatus = text;
      line(`· ${text}`);
    },
    reply(reply) {
      for (const each of reply.steps) step(each);
      if (reply.text.startsWith(shownText)) {
        put(reply.text.slice(shownText.length));
      } else {
        line('(the answer was replaced)');
        put(reply.text);
      }
      shownText = reply.text;
      for (const notice of reply.notices) {
        if (shownNotices.has(notice)) continue;
        shownNotices.add(notice);
        line(notice);
      }
    },
    finish() {
      if (!atLineStart) put('\n');
    },
  };
}
