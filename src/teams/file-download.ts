import { mostBytesOf, type Unreadable, wrongWith } from '../chat/incoming-files.ts';
import type { FileSource } from '../chat/vocabulary.ts';
import { isFileHost } from './file-hosts.ts';
import { isAllowedServiceUrl } from './service-url.ts';
import type { TokenSource } from './token-source.ts';

export interface FileDownloadDeps {
  /** Where files that people share are; nothing of ours is sent there. */
  readonly fileHosts: ReadonlySet<string>;
  /** Where pictures in messages are; they want the bot's token. */
  readonly serviceUrlHosts: ReadonlySet<string>;
  readonly allowLoopback: boolean;
  /** Undefined: nothing is signed (a laptop). */
  readonly token: TokenSource | undefined;
  /** For one file, milliseconds. */
  readonly timeoutMs: number;
}

export type FileDownload = ReturnType<typeof createFileDownload>;

/**
 * Fetches a file that somebody attached: from a listed host, without following it anywhere else, and no more of it than
 * is read. Rejects only when the signal aborts.
 */
export function createFileDownload(deps: FileDownloadDeps) {
  async function headersFor({ kind, url }: FileSource): Promise<Record<string, string> | undefined> {
    if (kind === 'shared') return isFileHost(url, deps.fileHosts) ? {} : undefined;
    if (!isAllowedServiceUrl(url, deps.serviceUrlHosts, deps.allowLoopback)) return undefined;
    const token = await deps.token?.();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  return async (
    source: FileSource,
    mediaType: string,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array } | { readonly why: Unreadable }> => {
    try {
      const headers = await headersFor(source);
      if (!headers) return { why: 'not_allowed' };
      const answer = await fetch(source.url, {
        headers: { 'user-agent': 'threadcore', ...headers },
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]),
      });
      if (!answer.ok) {
        await answer.body?.cancel();
        if (answer.status >= 300 && answer.status < 400) return { why: 'moved' };
        return { why: answer.status >= 500 ? 'no_answer' : 'gone' };
      }
      const bytes = await upTo(mostBytesOf(mediaType) + 1, answer);
      const why = wrongWith(mediaType, bytes);
      return why ? { why } : { bytes };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      // Too slow, no connection, no token: whoever asked reads that it could not be had.
      return { why: 'no_answer' };
    }
  };
}

/** So many bytes of an answer at most; the rest is left where it is. */
async function upTo(most: number, { body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk as Uint8Array);
    size += chunk.length;
    // Leaving the loop ends the transfer.
    if (size >= most) break;
  }
  return Buffer.concat(chunks);
}
