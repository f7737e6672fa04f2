import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConversationKey } from '../../../src/chat/vocabulary.ts';
import { sessionId } from '../../../src/sessions/session-id.ts';

const key: ConversationKey = { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.000100' };

test('a session id is valid for the runtime and for Memory, whatever it is made of', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.string(),
      fc.string(),
      fc.nat(),
      (tenant, conversation, thread, actor, n) => {
        const id = sessionId({ platform: 'teams', tenant, conversation, thread }, actor, n);
        expect(id).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9-_]*$/);
        expect(id.length).toBeGreaterThanOrEqual(33);
        expect(id.length).toBeLessThanOrEqual(100);
      },
    ),
  );
});

test('the id of a known thread never changes: conversations are found by it', () => {
  expect(sessionId(key, 'slack:T1:U1', 0)).toBe('tc-w523iiirzewxvxotfrhsmjfueeiia5irtjkkjyomjexvuqklwfwa');
});

test('every actor, thread and generation has a session of its own', () => {
  const ids = [
    sessionId(key, 'a', 0),
    sessionId(key, 'b', 0),
    sessionId(key, 'a', 1),
    sessionId({ ...key, thread: '2.000100' }, 'a', 0),
    sessionId({ ...key, conversation: 'C2' }, 'a', 0),
    sessionId({ ...key, tenant: 'T2' }, 'a', 0),
    sessionId({ ...key, platform: 'teams' }, 'a', 0),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});
