import { MOST_FILES, mediaTypeOf, unreadText } from '../chat/incoming-files.ts';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AttachedFile, AttachedFiles, UnreadFile } from '../turns/attached-files.ts';
import type { Once } from '../turns/once.ts';
import type { FileDownload } from './file-download.ts';
import type { References } from './references.ts';
import type { Voice } from './voice.ts';

export interface AttachedFilesDeps {
  readonly download: FileDownload;
  readonly references: Pick<References, 'of'>;
  readonly voice: Pick<Voice, 'say'>;
  readonly once: Once;
  readonly log: Logger;
}

/** As long as a question can be asked again. Seconds. */
const TOLD_S = 7 * 86_400;

/** What people attach to questions in Teams. */
export function createAttachedFiles({ download, references, voice, once, log }: AttachedFilesDeps) {
  return {
    /** One after another: files are large. */
    async read({ files: names, sources = [] }: InboundMessage, signal: AbortSignal): Promise<AttachedFiles> {
      const files: AttachedFile[] = [];
      const unread: UnreadFile[] = [];
      // An edit may have taken some away.
      const attached = sources.filter(({ name }) => names.includes(name));
      for (const [at, source] of attached.entries()) {
        const { name } = source;
        const mediaType = mediaTypeOf(name);
        if (at >= MOST_FILES || mediaType === undefined) {
          unread.push({ name, why: at >= MOST_FILES ? 'too_many' : 'kind' });
          continue;
        }
        const got = await download(source, mediaType, signal);
        if ('why' in got) unread.push({ name, why: got.why });
        else files.push({ name, mediaType, base64: Buffer.from(got.bytes).toString('base64') });
      }
      return { files, unread };
    },

    /** Where it was asked, once. Never throws. */
    async tell({ key, claims }: InboundMessage, unread: readonly UnreadFile[]): Promise<void> {
      try {
        const place = await references.of(key);
        if (!place || !(await once(`unread:${claims[0]}`, TOLD_S))) return;
        await voice.say(place, { text: unread.map(({ name, why }) => unreadText(name, why)).join('\n\n') });
      } catch (error) {
        log.warn({ err: error }, 'a person could not be told which of their files were not read');
      }
    },
  };
}
