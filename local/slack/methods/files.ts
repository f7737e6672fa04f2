import { z } from 'zod';
import type { Files } from '../files.ts';
import { type Method, method, optionalText, text } from './method.ts';

/** `files.*`: uploads in three steps, and what became of them. */
export function fileMethods(files: Files): Record<string, Method> {
  return {
    'files.getUploadURLExternal': method(
      z.object({
        filename: text,
        length: z.coerce.number().int().min(1),
        alt_txt: optionalText,
        // The name that Slack's own client library uses.
        alt_text: optionalText,
        snippet_type: optionalText,
      }),
      ({ alt_text, alt_txt, ...args }) => files.uploadUrl({ ...args, alt_txt: alt_txt ?? alt_text }),
    ),
    'files.completeUploadExternal': method(
      z.object({
        files: z.array(z.object({ id: text, title: optionalText })).min(1),
        channel_id: optionalText,
        channels: optionalText,
        thread_ts: optionalText,
        initial_comment: optionalText,
        blocks: z.unknown().optional(),
      }),
      files.complete,
    ),
    'files.info': method(z.object({ file: text }), ({ file }) => files.info(file)),
    'files.delete': method(z.object({ file: text }), ({ file }) => files.remove(file)),
  };
}
