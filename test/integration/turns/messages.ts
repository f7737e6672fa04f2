import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import type { Person } from '../../../src/turns/runs-as.ts';

export interface Writing {
  readonly tenant?: string;
  readonly sender?: string;
  readonly thread?: string;
  readonly text?: string;
  readonly addressed?: boolean;
  readonly files?: readonly string[];
  readonly claims?: readonly string[];
}

let written = 0;

/** A message as `normalise` makes it; every call is another delivery unless `claims` says otherwise. */
export function message(writing: Writing = {}): InboundMessage {
  written += 1;
  const tenant = writing.tenant ?? 'T1';
  return {
    key: { platform: 'slack', tenant, conversation: 'C1', thread: writing.thread ?? '1.0' },
    kind: 'channel',
    sender: { id: writing.sender ?? 'U1', tenant },
    text: writing.text ?? `question ${written}`,
    messageId: `${written}.0`,
    addressed: writing.addressed ?? true,
    files: writing.files ?? [],
    claims: writing.claims ?? [`event:${written}`],
  };
}

/** A person that a turn runs as. */
export const SOMEBODY: Person = {
  kind: 'person',
  actor: { id: 'slack:T1:U1', name: '', groups: [] },
};
