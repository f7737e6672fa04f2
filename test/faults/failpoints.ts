import type { Link, Passage } from './passage.ts';

/** A moment in the life of a turn, as it can be seen from outside the process. */
export interface Failpoint {
  readonly name: string;
  readonly member: 'web' | 'worker';
  readonly link: Link;
  readonly phase: Passage['phase'];
  readonly matches: (passage: Passage) => boolean;
}

const CREATES = ['chat.postMessage', 'chat.startStream'];
const ENDS = ['chat.stopStream', 'chat.update'];

const point =
  (member: Failpoint['member'], link: Link) =>
  (name: string, phase: Passage['phase'], matches: Failpoint['matches']): Failpoint => ({
    name,
    member,
    link,
    phase,
    matches: (passage) => passage.link === link && passage.phase === phase && matches(passage),
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

/** An answer of Redis that is not nil: a lane was there to be claimed. */
const somethingClaimed = (passage: Passage) =>
  passage.name === 'claim' && passage.text.startsWith('*') && !passage.text.startsWith('*-1');

export const FAILPOINTS: readonly Failpoint[] = [
  delivery('delivered, not verified', 'request', named('event')),
  accepting('verified, not claimed', 'request', named('accept')),
  accepting('claimed and enqueued, not known', 'answer', named('accept')),
  accepting('enqueued, not woken', 'request', named('queue script')),
  delivery('accepted, not acknowledged', 'answer', named('event')),
  leasing('before the claim', 'request', named('claim')),
  leasing('lane claimed', 'answer', somethingClaimed),
  showing('before the status', 'request', named('assistant.threads.setStatus')),
  asking('before invoke', 'request', named('invoke')),
  asking('invoked', 'answer', named('invoke')),
  asking('mid-stream', 'answer', (p) => p.name === 'invoke' && p.text.includes('word1')),
  asking('a change was begun', 'answer', (p) => p.name === 'invoke' && p.text.includes('"effect":"write"')),
  asking('agent completed', 'answer', (p) => p.name === 'invoke' && p.text.includes('"type":"end"')),
  leasing(
    'before a change is noted',
    'request',
    (p) => p.name === 'note' && p.text.includes('\r\nwrite\r\n'),
  ),
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
  showing('before the last write', 'request', named(...ENDS)),
  showing('last write done', 'answer', named(...ENDS)),
  leasing('before the end is recorded', 'request', named('finish')),
  leasing('end recorded', 'answer', named('finish')),
  leasing('before leases are renewed', 'request', named('renew')),
  leasing('swept', 'answer', named('sweep')),
];

export function failpoint(name: string): Failpoint {
  const found = FAILPOINTS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`There is no failpoint “${name}”.`);
  return found;
}
