import { Router, raw } from 'express';
import type { Files } from './files.ts';
import type { ResponseUrls } from './response-urls.ts';
import type { State } from './state.ts';

const MAX_FILE = '64mb';

/** Downloads of shared files, and the response URLs of interactions. */
export function createSharedFiles(deps: {
  state: State;
  responses: ResponseUrls;
  botToken: string;
  mayReadFiles: boolean;
}): Router {
  const { state, responses, botToken, mayReadFiles } = deps;
  const router = Router();

  router.get('/files-pri/:id/:name', (request, response) => {
    const file = state.files.get(request.params.id.split('-').at(-1) ?? '');
    if (request.headers.authorization !== `Bearer ${botToken}` || !mayReadFiles) {
      // Slack answers a download without a valid token, or without files:read, with its sign-in page and status 200.
      response.type('text/html').send('<!DOCTYPE html><title>Sign in to Threadcore | Slack</title>');
      return;
    }
    if (file === undefined) {
      response.status(404).type('text/plain').send('No such file');
      return;
    }
    response.set('content-type', file.mimetype).send(file.content);
  });

  router.post('/response/:team/:id', (request, response) => {
    let body: unknown;
    try {
      body = JSON.parse(typeof request.body === 'string' ? request.body : '');
    } catch {
      response.status(400).json({ ok: false, error: 'invalid_payload' });
      return;
    }
    const answer = responses.respond(request.params.id, body as Record<string, unknown>);
    response.status(answer.status).type('application/json').send(answer.body);
  });

  return router;
}

/** Where the bytes of an upload go: alone in the request, or as the one file of a form. Must come before bodies are read as text. */
export function createUploadRoute(files: Files): Router {
  const router = Router();
  router.post('/upload/v1/:ticket', raw({ type: () => true, limit: MAX_FILE }), async (request, response) => {
    const body: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const type = request.headers['content-type'] ?? '';
    const content = type.startsWith('multipart/form-data') ? await fileOfForm(body, type) : body;
    const answer = files.receive(request.params.ticket, content);
    response.status(answer.status).type('text/plain').send(answer.text);
  });
  return router;
}

async function fileOfForm(body: Buffer, type: string): Promise<Buffer> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const file = [...form.values()].find((value) => typeof value !== 'string');
  return file === undefined ? Buffer.alloc(0) : Buffer.from(await file.arrayBuffer());
}
