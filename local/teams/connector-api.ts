import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Conversations, Done } from './conversations.ts';
import type { createFaults } from './faults.ts';
import { type Call, type Json, Refused } from './model.ts';

export interface ConnectorApiDeps {
  readonly conversations: Conversations;
  readonly faults: ReturnType<typeof createFaults>;
  readonly admits: (authorization: string | undefined) => boolean;
  readonly throttle: (thread: string) => number | undefined;
  readonly now: () => number;
  /** Milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  readonly onCall: (call: Call) => void;
  /** Something has changed. */
  readonly onChange: () => void;
}

const PATH = /^\/v3\/conversations(?:\/([^/]+)\/activities(?:\/([^/]+))?)?$/;
const MEMBER = /^\/v3\/conversations\/([^/]+)\/members\/([^/]+)$/;

interface Route {
  readonly method: Call['method'];
  readonly conversation: string;
  readonly run: (body: Json) => Done;
}

/** The Bot Connector's REST API. Source: Bot Framework REST API, "Connector service". */
export function createConnectorApi(deps: ConnectorApiDeps) {
  const { conversations, faults } = deps;

  function routeOf(method: string, path: string): Route | undefined {
    const [member, memberOf = '', account = ''] = MEMBER.exec(path) ?? [];
    if (member !== undefined && method === 'GET') {
      const place = decodeURIComponent(memberOf);
      return {
        method: 'member',
        conversation: place,
        run: () => conversations.member(place, decodeURIComponent(account)),
      };
    }
    const [whole, conversationPart, activityPart] = PATH.exec(path) ?? [];
    if (whole === undefined) return undefined;
    const conversation = decodeURIComponent(conversationPart ?? '');
    const activity = decodeURIComponent(activityPart ?? '');
    if (conversation === '')
      return method === 'POST' ? { method: 'open_chat', conversation, run: conversations.open } : undefined;
    // A reply goes where its conversation says; `replyToId` is a remark.
    if (method === 'POST')
      return { method: 'send', conversation, run: (body) => conversations.post(conversation, body) };
    if (activity === '') return undefined;
    if (method === 'PUT')
      return {
        method: 'update',
        conversation,
        run: (body) => conversations.update(conversation, activity, body),
      };
    if (method === 'DELETE')
      return { method: 'delete', conversation, run: () => conversations.remove(conversation, activity) };
    return undefined;
  }

  /** `path`: behind the service URL. */
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const route = routeOf(request.method ?? '', path);
    const raw = await textOf(request);
    if (!route) return send(response, 404, errorBody('NotFound', 'There is no such operation.'));
    const body = (raw === '' ? {} : JSON.parse(raw)) as Json;
    const record = (status: number, more: Pick<Call, 'id' | 'lost'> = {}) =>
      deps.onCall({
        ...more,
        method: route.method,
        conversation: route.conversation,
        activity: body,
        status,
        at: deps.now(),
      });
    const refuse = (refused: Refused) => {
      record(refused.status);
      if (refused.retryAfter !== undefined) response.setHeader('Retry-After', String(refused.retryAfter));
      send(response, refused.status, errorBody(refused.code, refused.message));
    };
    const carryOut = (lost?: true): Done => {
      const done = route.run(body);
      const { id } = done.body;
      record(done.status, { ...(typeof id === 'string' ? { id } : {}), ...(lost ? { lost } : {}) });
      deps.onChange();
      return done;
    };
    const lose = () => {
      request.socket.destroy();
    };
    try {
      if (!deps.admits(request.headers.authorization))
        throw new Refused(401, 'Unauthorized', 'Authorization has been denied for this request.');
      const waitS = deps.throttle(route.conversation);
      if (waitS !== undefined) throw new Refused(429, 'TooManyRequests', 'API calls quota exceeded', waitS);
      const fault = faults.take(route.method);
      switch (fault?.kind) {
        case 'refuse':
          return lose();
        case 'drop_answer':
          carryOut(true);
          return lose();
        case 'commit_late':
          void deps.wait(fault.ms).then(() => {
            try {
              carryOut(true);
            } catch (error) {
              // Nobody waits for the answer any more.
              if (!(error instanceof Refused)) throw error;
            }
          });
          return lose();
        case 'status':
          if (fault.commit) carryOut(true);
          throw new Refused(
            fault.status,
            'ServiceError',
            'planned',
            fault.status === 429 ? (fault.retryAfter ?? 1) : undefined,
          );
        case 'error':
          throw new Refused(fault.status ?? 403, fault.code, fault.message);
        case 'answer':
          if (fault.commit) carryOut(true);
          else record(fault.status);
          response.writeHead(fault.status, { 'Content-Type': 'text/html', ...fault.headers });
          response.end(fault.body);
          return;
        case undefined:
          break;
        default:
          fault satisfies never;
      }
      const done = carryOut();
      send(response, done.status, done.body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refuse(error);
    }
  };
}

const errorBody = (code: string, message: string) => ({ error: { code, message } });

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export function send(response: ServerResponse, status: number, body: Json): void {
  const content = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(content),
  });
  response.end(content);
}
