import { z } from 'zod';
import { messageSchema } from './read-reply.ts';

/** The chat page as a program uses it: what a person does there, and what that person sees change. */

const changeSchema = z.union([
  z.object({ kind: z.literal('message'), message: messageSchema }),
  z.object({ kind: z.literal('deleted'), channel: z.string(), ts: z.string() }),
  z.object({
    kind: z.literal('thread'),
    thread: z.looseObject({ channel: z.string(), threadTs: z.string(), status: z.string() }),
  }),
  z.looseObject({ kind: z.enum(['views', 'reload']) }),
]);
export type Change = z.infer<typeof changeSchema>;

/** What a user of the chat page sees from now on. Resolves once the stream is open; ends when the page goes away. */
export async function listenToPage(
  page: string,
  user: string,
  signal: AbortSignal,
): Promise<AsyncIterator<Change>> {
  const url = new URL(`page/events?user=${encodeURIComponent(user)}`, page);
  const response = await fetch(url, { signal });
  const { body } = response;
  if (!response.ok || !body) throw new Error(`${url.href} answered ${response.status}`);
  return readChanges(body);
}

async function* readChanges(body: AsyncIterable<Uint8Array>): AsyncGenerator<Change> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    const events = pending.split('\n\n');
    pending = events.pop() ?? '';
    for (const event of events) {
      const data = event.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
      if (data.length > 0) yield changeSchema.parse(JSON.parse(data.join('\n')));
    }
  }
}

const doneSchema = z.discriminatedUnion('ok', [
  z.looseObject({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), error: z.string() }),
]);

/** Does something on the page, such as `post` or `click`. A refusal comes back with its reason. */
export async function actOnPage(
  page: string,
  action: string,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<z.infer<typeof doneSchema>> {
  const response = await fetch(new URL(`control/${action}`, page), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  return doneSchema.parse(await response.json());
}
