import type { OpenReply } from '../turns/reply.ts';
import type { ClaimedTurn } from '../turns/turn.ts';
import type { Courtesy } from './courtesy.ts';

const TITLE_LIMIT = 80;

/**
 * Names the agent session that Slack shows for a thread (`agents.sessions.setStatus`) with the first question in it, and
 * shows it at work once a question takes long: Slack then offers its own Stop button.
 * One call for a thread whose first answer is short, which thereby takes three: the status line, the message, and this.
 *
 * `chat.startStream` and `chat.stopStream` move the session to processing and back to active by themselves. So a
 * streamed first answer names it as soon as its stream stands, and says active again at the end, because a stream may
 * end without `chat.stopStream`. Never in the way of the reply: it goes out beside it, and fails on its own.
 *
 * `wordsOf`: the question as it may be shown; undefined while, or where, it may not.
 */
export function nameSessions(
  openReply: OpenReply,
  courtesy: Courtesy,
  wordsOf: (turn: ClaimedTurn) => string | undefined,
): OpenReply {
  return (target) => {
    const { message, opensThread } = target.turn;
    const titleNow = () => (opensThread ? titleOf(wordsOf(target.turn) ?? '') : '');
    let calls: Promise<void> = Promise.resolve();
    let named = false;
    let working = false;
    const say = (status: 'processing' | 'active') => {
      const title = titleNow();
      named ||= title !== '';
      calls = calls.then(async () => {
        target.assertHeld();
        await courtesy(message.key.tenant, 'agents.sessions.setStatus', {
          channel_id: message.key.conversation,
          thread_ts: message.key.thread,
          status,
          ...(title === '' ? {} : { title }),
        });
      });
      // `finish` waits for the last of them; before that, a lane that is lost shows itself elsewhere.
      calls.catch(() => undefined);
    };
    const reply = openReply({
      ...target,
      async notePosted(parts) {
        if (!named && titleNow() !== '' && parts.some((part) => part.streaming)) say('processing');
        await target.notePosted(parts);
      },
    });
    return {
      ...reply,
      show(view) {
        if (view.long && !working) {
          working = true;
          say('processing');
        }
        reply.show(view);
      },
      async finish(view) {
        if (titleNow() !== '' || working) say('active');
        const [parts] = await Promise.all([reply.finish(view), calls]);
        return parts;
      },
    };
  };
}

/** A question as the name of its thread: one line of plain words, at most 80 characters. */
export function titleOf(question: string): string {
  const words = question
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]+/gu, ' ')
    // What could come alive as a mention or a link, or is only markup.
    .replace(/[<>`*]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (words.length <= TITLE_LIMIT) return words;
  let cut = '';
  for (const character of words) {
    if (cut.length + character.length > TITLE_LIMIT - 1) break;
    cut += character;
  }
  const space = cut.lastIndexOf(' ');
  return `${(space > TITLE_LIMIT / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
