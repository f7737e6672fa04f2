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
  // What happens beside the text waits until its line is complete: an answer stays readable.
  const held: string[] = [];
  const beside = (text: string) => {
    if (atLineStart) line(text);
    else held.push(text);
  };
  const release = () => {
    for (const text of held.splice(0)) line(text);
  };

  function step({ id, title, status }: Step): void {
    const mark = MARKS[status];
    if (!mark || shownSteps.get(id) === status) return;
    shownSteps.set(id, status);
    beside(`${mark} ${title}`);
  }

  return {
    status(text) {
      // Once there is text, the text is the sign of life.
      if (text === '' || text === lastStatus || shownText !== '') return;
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
      if (atLineStart) release();
      for (const notice of reply.notices) {
        if (shownNotices.has(notice)) continue;
        shownNotices.add(notice);
        line(notice);
      }
    },
    finish() {
      if (!atLineStart) put('\n');
      release();
    },
  };
}
