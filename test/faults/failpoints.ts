import type { Link, Passage } from './passage.ts';

/** A moment in the life of a turn, as it can be seen from outside the process. */
export interface Failpoint {
  readonly name: string;
  readonly member: 'web' | 'worker';
  readonly link: Link;
  readonly phase: Passage['phase'];
  readonly matches: (passage: Passage) => boolean;
  /** So often it surely comes by in a run, once its turns are under way. */
  readonly atLeast: number;
  /** It comes only where a worker was killed at this failpoint before. */
  readonly onlyAfter?: string;
  /** It comes only where people ask there. */
  readonly platform?: 'slack' | 'teams';
  /** It comes only with this disturbance. */
  readonly onlyWith?: 'people say stop';
}

const CREATES = ['chat.postMessage', 'chat.startStream'];
const ENDS = ['chat.stopStream', 'chat.update'];

const point =
  (member: Failpoint['member'], link: Link) =>
  (
    name: string,
    phase: Passage['phase'],
    matches: Failpoint['matches'],
    more: Partial<Pick<Failpoint, 'atLeast' | 'onlyAfter' | 'onlyWith' | 'platform'>> = {},
  ): Failpoint => ({
    name,
    member,
    link,
    phase,
    matches: (passage) => passage.link === link && passage.phase === phase && matches(passage),
    atLeast: more.onlyAfter || more.onlyWith ? 1 : 4,
    ...(link === 'slack' || link === 'teams' ? { platform: link } : {}),
    ...more,
  });
const named =
  (...names: readonly string[]) =>
  (passage: Passage) =>
    names.includes(passage.name);

const delivery = point('web', 'events');
const accepting = point('web', 'redis');
const leasing = point('worker', 'redis');
const asking = point('worker', 'aws');
const showing = point('worker', 'slack');
const telling = point('worker', 'teams');

const TEAMS = { platform: 'teams' } as const;
/** Only answers that grow. */
const AT_TIMES = { atLeast: 1 } as const;

const asks = (passage: Passage) => passage.name === 'invoke';
const attaches = (passage: Passage) =>
  passage.name === 'invoke' && (passage.request ?? passage.text).includes('"mode":"attach"');

/** An answer of Redis that is not nil: a lane was there to be claimed. */
const somethingClaimed = (passage: Passage) =>
  passage.name === 'claim' && passage.text.startsWith('*') && !passage.text.startsWith('*-1');

/** The last thing that a worker hears before it sends a new message. */
const allowsMessage = ({ name, request = '' }: Passage) =>
  name === 'pace' && CREATES.some((method) => request.includes(method));

export const FAILPOINTS: readonly Failpoint[] = [
  delivery('delivered, not verified', 'request', named('event'), { platform: 'slack' }),
  delivery('delivered by Teams, not verified', 'request', named('activity'), TEAMS),
  accepting('verified, not claimed', 'request', named('accept')),
  accepting('claimed and enqueued, not known', 'answer', named('accept')),
  accepting('enqueued, not woken', 'request', named('queue script'), { atLeast: 2 }),
  accepting('woken, not known', 'answer', named('queue script'), { atLeast: 2 }),
  delivery('accepted, not acknowledged', 'answer', named('event'), { platform: 'slack' }),
  delivery('accepted from Teams, not acknowledged', 'answer', named('activity'), TEAMS),
  accepting('before a stop is stored', 'request', named('stop'), { onlyWith: 'people say stop' }),
  accepting('stop stored', 'answer', named('stop'), { onlyWith: 'people say stop' }),
  leasing('before the claim', 'request', named('claim')),
  leasing('lane claimed', 'answer', somethingClaimed),
  showing('before the status', 'request', named('assistant.threads.setStatus')),
  showing('status shown', 'answer', named('assistant.threads.setStatus')),
  asking('before invoke', 'request', asks),
  asking('invoked', 'answer', asks),
  asking('mid-stream', 'answer', (p) => asks(p) && p.text.includes('word1')),
  asking('a change was begun', 'answer', (p) => asks(p) && p.text.includes('"effect":"write"'), {
    atLeast: 2,
  }),
  asking(
    'a change was made',
    'answer',
    (p) => asks(p) && p.text.includes('"effect":"write","state":"finished"'),
    { atLeast: 2 },
  ),
  asking('agent completed', 'answer', (p) => asks(p) && p.text.includes('"type":"end"')),
  leasing(
    'before a change is noted',
    'request',
    (p) => p.name === 'note' && p.text.includes('\r\nwrite\r\n'),
    { atLeast: 2 },
  ),
  leasing('slot granted', 'answer', named('pace'), { platform: 'slack' }),
  leasing('slot for a message granted', 'answer', allowsMessage, { platform: 'slack' }),
  showing('before post', 'request', named(...CREATES)),
  showing('posted, not recorded', 'answer', named(...CREATES)),
  leasing(
    'before the post is recorded',
    'request',
    (p) => p.name === 'note' && p.text.includes('\r\nposted\r\n'),
  ),
  leasing('post recorded', 'answer', named('note')),
  showing('before append', 'request', named('chat.appendStream')),
  showing('appended', 'answer', named('chat.appendStream')),
  telling('before a message is sent to Teams', 'request', named('post')),
  telling('sent to Teams, not recorded', 'answer', named('post')),
  telling('before more is streamed', 'request', named('chunk'), AT_TIMES),
  telling('more was streamed', 'answer', named('chunk'), AT_TIMES),
  telling('before a stream is ended', 'request', named('end')),
  telling('stream ended', 'answer', named('end')),
  telling('before an update', 'request', named('update'), AT_TIMES),
  telling('updated', 'answer', named('update'), AT_TIMES),
  leasing('before the outcome is recorded', 'request', named('post')),
  leasing('outcome recorded', 'answer', named('post')),
  showing('before the last write', 'request', named(...ENDS)),
  showing('last write done', 'answer', named(...ENDS)),
  leasing('before the end is recorded', 'request', named('finish')),
  leasing('end recorded', 'answer', named('finish')),
  leasing('before leases are renewed', 'request', named('renew'), { atLeast: 2 }),
  leasing('leases renewed', 'answer', named('renew'), { atLeast: 2 }),
  leasing('before the sweep', 'request', named('sweep'), { atLeast: 2 }),
  leasing('swept', 'answer', named('sweep'), { atLeast: 2 }),
  asking('before attach', 'request', attaches, { onlyAfter: 'mid-stream' }),
  asking('attached', 'answer', attaches, { onlyAfter: 'mid-stream' }),
  showing('before the thread is read', 'request', named('conversations.replies'), {
    onlyAfter: 'posted, not recorded',
  }),
  showing('thread read', 'answer', named('conversations.replies'), {
    onlyAfter: 'posted, not recorded',
  }),
];

export function failpoint(name: string): Failpoint {
  const found = FAILPOINTS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`There is no failpoint “${name}”.`);
  return found;
}
