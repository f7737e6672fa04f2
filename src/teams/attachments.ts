import { z } from 'zod';
import type { FileSource } from '../chat/vocabulary.ts';
import type { TeamsActivity } from './activity.ts';

const DOWNLOAD_TYPE = 'application/vnd.microsoft.teams.file.download.info';
/** Other cards of Teams about files, which have no content that could be read. */
const FILE_TYPE = /^application\/vnd\.microsoft\.teams\.file\./;
const PICTURE = /^image\/([a-z]*)/;
const NAME_LIMIT = 255;

/** Source: Teams, "Send and receive files through a bot", message with a file attachment. */
const downloadSchema = z.object({ downloadUrl: z.string(), fileType: z.string().nullish() });

export interface Attachment {
  readonly name: string;
  /** Undefined: Teams tells nowhere to read it. */
  readonly source?: FileSource;
}

/** The files of a message. Teams also attaches the message itself as HTML, and cards: those are none. Pure. */
export function attachedTo({ attachments, serviceUrl }: TeamsActivity): Attachment[] {
  const taken = new Set<string>();
  const unused = (wanted: string): string => {
    let name = wanted.slice(0, NAME_LIMIT);
    for (let n = 2; taken.has(name); n += 1) name = wanted.replace(/(\.[^.]*)?$/, `-${n}$1`);
    taken.add(name);
    return name;
  };
  return (attachments ?? []).flatMap(({ contentType, name, contentUrl, content }): Attachment[] => {
    if (!contentType) return [];
    const picture = PICTURE.exec(contentType)?.[1];
    if (picture !== undefined) {
      const shown = unused(name || (picture === '' ? 'picture' : `picture.${picture}`));
      const here = contentUrl && isOf(serviceUrl, contentUrl);
      return [{ name: shown, ...(here ? { source: { name: shown, kind: 'inline', url: contentUrl } } : {}) }];
    }
    if (!FILE_TYPE.test(contentType)) return [];
    const shown = unused(name || 'file');
    const download = contentType === DOWNLOAD_TYPE ? downloadSchema.safeParse(content) : undefined;
    if (!download?.success) return [{ name: shown }];
    return [{ name: shown, source: { name: shown, kind: 'shared', url: download.data.downloadUrl } }];
  });
}

/** Pictures in messages are at the service that delivered the message; the bot's token goes nowhere else. */
function isOf(serviceUrl: string, url: string): boolean {
  return URL.canParse(url) && URL.canParse(serviceUrl) && new URL(url).origin === new URL(serviceUrl).origin;
}
