import { z } from 'zod';
import type { Posting } from '../posting.ts';
import type { Streams } from '../streams.ts';
import { flag, type Method, method, optionalText, text } from './method.ts';

const content = {
  text: z.string().optional(),
  markdown_text: z.string().optional(),
  blocks: z.unknown().optional(),
  attachments: z.unknown().optional(),
};
const posted = {
  ...content,
  channel: text,
  thread_ts: optionalText,
  metadata: z.unknown().optional(),
  unfurl_links: flag,
  unfurl_media: flag,
};
const streamed = { markdown_text: z.string().optional(), chunks: z.unknown().optional() };
const place = { channel: text, ts: text };
const sessionStatus = z.enum(['active', 'processing', 'suspended', 'closed']).optional();

/** `chat.*`, streaming included. */
export function chatMethods(posting: Posting, streams: Streams): Record<string, Method> {
  return {
    'chat.postMessage': method(z.object(posted), posting.post),
    'chat.postEphemeral': method(z.object({ ...posted, user: text }), posting.postEphemeral),
    'chat.update': method(
      z.object({ ...content, ...place, metadata: z.unknown().optional() }),
      posting.update,
    ),
    'chat.delete': method(z.object(place), posting.remove),
    'chat.startStream': method(
      z.object({
        ...streamed,
        channel: text,
        thread_ts: optionalText,
        recipient_user_id: optionalText,
        recipient_team_id: optionalText,
        task_display_mode: optionalText,
      }),
      streams.start,
    ),
    'chat.appendStream': method(z.object({ ...streamed, ...place }), streams.append),
    'chat.stopStream': method(
      z.object({
        ...streamed,
        ...place,
        blocks: z.unknown().optional(),
        metadata: z.unknown().optional(),
        session_status: sessionStatus,
      }),
      streams.stop,
    ),
  };
}
