import { isFileHost } from './file-hosts.ts';

/** A file could not be put where Teams wanted it. */
export class TeamsUploadFailed extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`a file could not be put into OneDrive: ${why}`, options);
    this.name = 'TeamsUploadFailed';
  }
}

/**
 * Puts a whole file into the upload session that a consent has opened. No token goes with it: the address is the leave.
 * Source: Teams, "Send and receive files through a bot". Throws TeamsUploadFailed.
 */
export function createFileUpload(deps: {
  readonly fileHosts: ReadonlySet<string>;
  /** Milliseconds. */
  readonly timeoutMs: number;
}) {
  return async (url: string, bytes: Uint8Array): Promise<void> => {
    if (!isFileHost(url, deps.fileHosts)) throw new TeamsUploadFailed('its host is not in TEAMS_FILE_HOSTS');
    const answer = await fetch(url, {
      method: 'PUT',
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}`,
      },
      body: bytes,
      redirect: 'manual',
      signal: AbortSignal.timeout(deps.timeoutMs),
    }).catch((error: unknown) => {
      throw new TeamsUploadFailed('no answer', { cause: error });
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new TeamsUploadFailed(`HTTP ${answer.status}`);
  };
}
