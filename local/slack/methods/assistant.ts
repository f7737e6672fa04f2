import { z } from 'zod';
import { isRefusal } from '../content-rules.ts';
import { type Answer, refuse, type ThreadState } from '../model.ts';
import type { Posting } from '../posting.ts';
import type { State } from '../state.ts';
import { type Method, method, text } from './method.ts';

const threadArguments = { channel_id: text, thread_ts: text };
const MAX_PROMPTS = 4;

/** `assistant.threads.*` and `agents.sessions.*`: what is shown under and about a thread. */
export function assistantMethods(state: State, posting: Posting, now: () => number): Record<string, Method> {
  /** Runs `change` on the thread when the bot may write there. */
  function onThread(
    args: { channel_id: string; thread_ts: string },
    change: (thread: ThreadState) => Answer,
  ): Answer {
    const channel = posting.writable(args.channel_id);
    if (isRefusal(channel)) return channel;
    const refusal = posting.checkThread(channel.id, args.thread_ts);
    if (refusal !== undefined) return refusal;
    const thread = state.threadState(channel.id, args.thread_ts);
    const answer = change(thread);
    if (answer.ok) state.threadChanged(thread);
    return answer;
  }

  const sessionAnswer = (thread: ThreadState): Answer => ({
    ok: true,
    session: {
      channel_id: thread.channel,
      thread_ts: thread.threadTs,
      status: thread.session,
      title: thread.title,
    },
  });

  return {
    'assistant.threads.setStatus': method(
      z.object({
        ...threadArguments,
        status: z.string(),
        loading_messages: z.array(z.string()).max(10).optional(),
      }),
      (args) =>
        onThread(args, (thread) => {
          thread.status = args.status;
          thread.loadingMessages = args.loading_messages ?? [];
          thread.statusSetAt = now();
          return { ok: true };
        }),
    ),
    'assistant.threads.setTitle': method(z.object({ ...threadArguments, title: text }), (args) =>
      onThread(args, (thread) => {
        thread.title = args.title;
        return { ok: true };
      }),
    ),
    'assistant.threads.setSuggestedPrompts': method(
      z.object({
        channel_id: text,
        thread_ts: text.optional(),
        title: z.string().optional(),
        prompts: z
          .array(z.object({ title: text, message: text }))
          .min(1)
          .max(MAX_PROMPTS),
      }),
      ({ channel_id, thread_ts, prompts }) => {
        if (thread_ts !== undefined) {
          return onThread({ channel_id, thread_ts }, (thread) => {
            thread.prompts = prompts;
            return { ok: true };
          });
        }
        // Without a thread they are offered in the direct message itself.
        const channel = posting.writable(channel_id);
        if (isRefusal(channel)) return channel;
        if (channel.kind !== 'im') return refuse('channel_type_not_supported');
        const direct = state.threadState(channel.id, '');
        direct.prompts = prompts;
        state.threadChanged(direct);
        return { ok: true };
      },
    ),
    'agents.sessions.setStatus': method(
      z.object({
        ...threadArguments,
        status: z.enum(['active', 'processing', 'suspended', 'closed']),
        title: z.string().min(1).max(200).optional(),
      }),
      (args) =>
        onThread(args, (thread) => {
          // The title names a new session; an existing one is renamed by agents.sessions.rename.
          if (thread.session === undefined && args.title !== undefined) thread.title = args.title;
          thread.session = args.status;
          return sessionAnswer(thread);
        }),
    ),
    'agents.sessions.rename': method(
      z.object({ ...threadArguments, title: z.string().min(1).max(200) }),
      (args) =>
        onThread(args, (thread) => {
          if (thread.session === undefined) return refuse('session_not_found');
          thread.title = args.title;
          return sessionAnswer(thread);
        }),
    ),
  };
}
