import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { send } from './connector-api.ts';
import type { Json } from './model.ts';

export interface DriveFile {
  readonly name: string;
  bytes: Buffer | undefined;
  /** What was sent along by whoever put it there. */
  headers: IncomingMessage['headers'];
}

const PATH = /^\/drive\/(upload|file)\/([\w-]+)$/;

/**
 * The OneDrive of people, as far as bots see it: upload sessions that a consent has opened, and files by an address that
 * is leave enough. Source: Microsoft Graph, "Upload large files with an upload session".
 */
export function createDrive(urlOf: () => string) {
  const files = new Map<string, DriveFile>();
  let refusals = 0;

  return {
    files: files as ReadonlyMap<string, DriveFile>,
    /** As many uploads as that fail. */
    refuse(times: number) {
      refusals = times;
    },
    /** What a consent tells of where the file is wanted. */
    open(name: string): Json {
      const id = randomUUID();
      files.set(id, { name, bytes: undefined, headers: {} });
      return {
        contentUrl: `${urlOf()}/personal/documents/${encodeURIComponent(name)}`,
        name,
        uploadUrl: `${urlOf()}/drive/upload/${id}`,
        uniqueId: id,
        fileType: name.split('.').at(-1),
      };
    },
    /** A file that a person has there: the attachment by which a message shares it. */
    share(name: string, bytes: Buffer): Json {
      const id = randomUUID();
      files.set(id, { name, bytes, headers: {} });
      return {
        contentType: 'application/vnd.microsoft.teams.file.download.info',
        contentUrl: `${urlOf()}/personal/documents/${encodeURIComponent(name)}`,
        name,
        content: { downloadUrl: `${urlOf()}/drive/file/${id}?tempauth=x`, uniqueId: id, fileType: 'x' },
      };
    },
    /** Answers whether it was asked for something here. */
    async take(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
      const [, what, id = ''] = PATH.exec(path) ?? [];
      const file = files.get(id);
      if (what === undefined) return false;
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (what === 'upload' && request.method === 'PUT') {
        const range = `bytes 0-${bytes.length - 1}/${bytes.length}`;
        if (refusals > 0) {
          refusals -= 1;
          send(response, 503, { error: { code: 'serviceNotAvailable' } });
        } else if (!file || file.bytes) send(response, 404, { error: { code: 'itemNotFound' } });
        else if (request.headers['content-range'] !== range || request.headers.authorization !== undefined)
          send(response, 400, { error: { code: 'invalidRequest' } });
        else {
          Object.assign(file, { bytes, headers: request.headers });
          send(response, 201, { id, name: file.name, size: bytes.length });
        }
        return true;
      }
      if (what === 'file' && request.method === 'GET' && file?.bytes) {
        file.headers = request.headers;
        response.writeHead(200, { 'Content-Length': file.bytes.length }).end(file.bytes);
      } else send(response, 404, { error: { code: 'itemNotFound' } });
      return true;
    },
  };
}
