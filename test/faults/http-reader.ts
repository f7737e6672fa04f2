import type { StreamReader } from './fault-link.ts';
import type { Link, Passage } from './passage.ts';

const HEAD_END = '\r\n\r\n';

/**
 * Reads HTTP/1.1 without pipelining, which is what all parties here speak: a request is held back until it is whole,
 * an answer passes piece by piece. `onToken`: somebody was given a token to speak with.
 */
export function createHttpReader(
  link: Exclude<Link, 'redis'>,
  onToken: (token: string) => void = () => undefined,
): StreamReader {
  let request = '';
  let answer = '';
  let name = '';
  let sender: string | undefined;
  return {
    request(chunk) {
      if (answer !== '') request = answer = '';
      request += chunk.toString('latin1');
      const head = request.indexOf(HEAD_END);
      if (head < 0) return 'incomplete';
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(request.slice(0, head))?.[1] ?? 0);
      if (request.length < head + HEAD_END.length + length) return 'incomplete';
      const body = request.slice(head + HEAD_END.length);
      name = nameOf(link, request.slice(0, request.indexOf('\r\n')), body);
      sender = /\r\nauthorization: *bearer (\S+)/i.exec(request.slice(0, head))?.[1];
      const text = /\r\ncontent-type: *application\/x-www-form/i.test(request.slice(0, head))
        ? decodeURIComponent(body.replaceAll('+', ' '))
        : body;
      return [{ link, phase: 'request', name, text, ...(sender === undefined ? {} : { sender }) }];
    },
    answer(chunk): Passage[] {
      answer += chunk.toString('latin1');
      const token = name === 'token' && /"access_token":"([^"]+)"/.exec(answer)?.[1];
      if (token) onToken(token);
      return [
        {
          link,
          phase: 'answer',
          name,
          text: answer,
          request,
          ...(sender === undefined ? {} : { sender }),
        },
      ];
    },
  };
}

function nameOf(link: Link, requestLine: string, body: string): string {
  const [method = '', path = ''] = requestLine.split(' ');
  if (link === 'events') return EVENTS[path] ?? path;
  if (link === 'teams') return teamsCall(method, path, body);
  if (link === 'slack') return path.replace(/^.*\/api\//, '').replace(/\?.*$/, '');
  return path.includes('/invocations') ? 'invoke' : 'stop';
}

const EVENTS: Readonly<Record<string, string>> = { '/slack/events': 'event', '/api/messages': 'activity' };

/** `post` also for the beginning of a stream: whatever makes a message that was not there. */
function teamsCall(method: string, path: string, body: string): string {
  if (path.includes('/oauth2/')) return 'token';
  if (!path.includes('/activities')) return 'other';
  if (method !== 'POST') return method === 'PUT' ? 'update' : 'remove';
  if (body.includes('"streamType":"final"')) return 'end';
  if (body.includes('"streamId"')) return 'chunk';
  return body.includes('"type":"typing"') && !body.includes('"streaminfo"') ? 'typing' : 'post';
}
