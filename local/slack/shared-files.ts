import { Router } from 'express';
import type { Interactions } from './interactions.ts';
import type { State } from './state.ts';

/** Downloads of shared files, and the response URLs of interactions. */
export function createSharedFiles(deps: {
  state: State;
  interactions: Interactions;
  botToken: string;
}): Router {
  const { state, interactions, botToken } = deps;
  const router = Router();

  router.get('/files-pri/:id/:name', (request, response) => {
    const file = state.channels
      .flatMap((channel) => state.messages(channel.id))
      .flatMap((message) => message.files)
      .find((candidate) => request.params.id.endsWith(`-${candidate.id}`));
    if (request.headers.authorization !== `Bearer ${botToken}`) {
      // Slack answers a download without a valid token with its sign-in page and status 200.
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
    const answer = interactions.respond(request.params.id, body as Record<string, unknown>);
    response.status(answer.status).type('application/json').send(answer.body);
  });

  return router;
}
