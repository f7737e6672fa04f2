import type { StreamReader } from './fault-link.ts';
import type { Link, Passage } from './passage.ts';

const HEAD_END = '\r\n\r\n';

/**
 * Reads HTTP/1.1 without pipelining, which is what all parties here speak: a request is held back until it is whole,
 * an answer passes piece by piece.
 */
export function createHttpReader(link: Exclude<Link, 'redis'>): StreamReader {
  let request = '';
  let answer = '';
  let name = '';
  return {
    request(chunk) {
      if (answer !== '') request = answer = '';
      request += chunk.toString('latin1');
      const head = request.indexOf(HEAD_END);
      if (head < 0) return 'incomplete';
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(request.slice(0, head))?.[1] ?? 0);
      if (request.length < head + HEAD_END.length + length) return 'incomplete';
      name = nameOf(link, request.slice(0, request.indexOf('\r\n')));
      const body = request.slice(head + HEAD_END.length);
      const text = /\r\ncontent-type: *application\/x-www-form/i.test(request.slice(0, head))
        ? decodeURIComponent(body.replaceAll('+', ' '))
        : body;
      return [{ link, phase: 'request', name, text }];
    },
    answer(chunk): Passage[] {
      answer += chunk.toString('latin1');
      return [{ link, phase: 'answer', name, text: answer, request }];
    },
  };
}

function nameOf(link: Link, requestLine: string): string {
  const path = requestLine.split(' ')[1] ?? '';
  if (link === 'events') return path === '/slack/events' ? 'event' : path;
  if (link === 'slack') return path.replace(/^.*\/api\//, '').replace(/\?.*$/, '');
  return path.includes('/invocations') ? 'invoke' : 'stop';
}
