import { z } from 'zod';
import { type AdmissionRules, admit } from '../chat/admission.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import type { Background } from './background.ts';
import type { Connector } from './connector.ts';
import { TeamsUploadFailed } from './file-upload.ts';
import { whereabouts } from './normalise.ts';
import type { StagedFiles } from './staged-files.ts';
import { placeOf } from './telling.ts';
import { type Insist, messageOf } from './voice.ts';

/** Source: Teams, "Send and receive files through a bot", invoke activity about a consent. */
const valueSchema = z.object({
  type: z.literal('fileUpload'),
  action: z.enum(['accept', 'decline']),
  context: z.object({ file: z.string().max(100) }),
  uploadInfo: z
    .object({
      uploadUrl: z.string(),
      contentUrl: z.string(),
      uniqueId: z.string(),
      fileType: z.string().nullish(),
      name: z.string().nullish(),
    })
    .nullish(),
});

const INFO_TYPE = 'application/vnd.microsoft.teams.card.file.info';
const GONE =
  'This file was taken already, or it is too old, or it was for somebody else. Write `export` to have a new one.';
const NOT_PUT = 'I could not put the file into your OneDrive. Press the button again in a moment.';

export interface FileConsentsDeps {
  readonly rules: AdmissionRules;
  readonly staged: StagedFiles;
  readonly upload: (url: string, bytes: Uint8Array) => Promise<void>;
  readonly connector: Pick<Connector, 'send' | 'remove'>;
  readonly insist: Insist;
  readonly background: Background;
  readonly onIgnored: (why: string) => void;
  readonly log: Logger;
}

/** What people answer when the bot wants to give them a file (`fileConsent/invoke`). Throws when it cannot be looked up. */
export function createFileConsents(deps: FileConsentsDeps): (activity: TeamsActivity) => Promise<Answer> {
  const { staged, connector, insist, log } = deps;

  async function give(
    activity: TeamsActivity,
    file: NonNullable<Awaited<ReturnType<StagedFiles['take']>>>,
    info: NonNullable<z.output<typeof valueSchema>['uploadInfo']>,
  ): Promise<void> {
    const place = placeOf(activity);
    const say = (text: string) => insist(() => connector.send(place, messageOf({ text })));
    try {
      await deps.upload(info.uploadUrl, file.bytes);
    } catch (error) {
      if (!(error instanceof TeamsUploadFailed)) throw error;
      log.warn({ err: error }, 'a private file could not be given');
      await file.putBack();
      await say(NOT_PUT);
      return;
    }
    const { uniqueId, fileType, contentUrl, name } = info;
    const attachment = {
      contentType: INFO_TYPE,
      contentUrl,
      name: name || file.name,
      content: { uniqueId, fileType: fileType || 'json' },
    };
    await insist(() => connector.send(place, { type: 'message', attachments: [attachment] }));
    await forgetCard(activity);
  }

  /** The question has been answered: it goes, so that nobody presses it again. */
  async function forgetCard(activity: TeamsActivity): Promise<void> {
    const { replyToId } = activity;
    if (replyToId) await insist(() => connector.remove(placeOf(activity), replyToId));
  }

  return async (activity) => {
    const value = valueSchema.safeParse(activity.value);
    const where = whereabouts(activity);
    const admission = where && admit(where, deps.rules);
    if (!value.success || !where || admission !== 'admitted') {
      deps.onIgnored(where && admission !== 'admitted' ? (admission ?? 'malformed') : 'malformed');
      return { status: 200, body: {} };
    }
    const { action, context, uploadInfo } = value.data;
    const file = await staged.take(context.file, where.sender);
    if (!file) {
      deps.background('a word about a private file could not be said', async () => {
        await insist(() => connector.send(placeOf(activity), messageOf({ text: GONE })));
      });
    } else if (action === 'accept' && uploadInfo) {
      deps.background('a private file could not be given', () => give(activity, file, uploadInfo));
    } else {
      deps.background('a question about a private file could not be taken away', () => forgetCard(activity));
    }
    return { status: 200, body: {} };
  };
}
