import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { AuditError } from '../../../src/audit/audit-error.ts';
import type { AuditKey } from '../../../src/audit/audit-keys.ts';
import type { AuditEvent, Subject } from '../../../src/audit/events.ts';
import { factsOf } from '../../../src/audit/facts.ts';
import { anyEvent, keyOf } from './logs.ts';

let key: AuditKey;
beforeAll(async () => {
  key = await keyOf('new');
});

const alice: Subject = { kind: 'person', platform: 'slack', tenant: 'T1', user: 'U0ALICE' };
const failed: AuditEvent = {
  type: 'sign_in.failed',
  who: alice,
  from: { kind: 'address', ip: '203.0.113.7' },
  reason: 'state_wrong',
};

function refusalOf(event: unknown): AuditError {
  try {
    factsOf(event as AuditEvent, key);
  } catch (error) {
    if (error instanceof AuditError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('what stands in the log', () => {
  it('names nobody', () => {
    const written = JSON.stringify(factsOf(failed, key));
    expect(written).toMatch(/"who":"person:[a-z2-7]{26}"/);
    for (const name of ['U0ALICE', 'T1', '203.0.113.7']) expect(written).not.toContain(name);
  });

  it('calls the same one by the same pseudonym, and two different ones by two', () => {
    const subject = fc.record({
      tenant: fc.string(),
      user: fc.string(),
      platform: fc.constantFrom('slack', 'teams'),
    });
    const name = (who: { tenant: string; user: string; platform: string }) =>
      key.pseudonym({ kind: 'person', ...who });
    fc.assert(
      fc.property(subject, subject, (a, b) => {
        const equal = a.tenant === b.tenant && a.user === b.user && a.platform === b.platform;
        expect(name(a) === name(b)).toBe(equal);
      }),
    );
    expect(name({ platform: 'slack', tenant: 'T1', user: 'U1' })).not.toBe(
      name({ platform: 'slack', tenant: 'T', user: '1U1' }),
    );
    expect(key.pseudonym({ kind: 'operator', name: 'x' }).slice(9)).not.toBe(
      key.pseudonym({ kind: 'address', ip: 'x' }).slice(8),
    );
  });

  it('cannot be tried out by who has not the key', async () => {
    const others = await Promise.all([keyOf('old'), keyOf('attacker'), keyOf('new', '{tc-staging}')]);
    const names = [key, ...others].map((each) => each.pseudonym(alice));
    expect(new Set(names).size).toBe(4);
  });

  it('may be any event of the set', () => {
    fc.assert(fc.property(anyEvent, (event) => factsOf(event, key).type === event.type));
    expect(factsOf(failed, key)).toMatchObject({ type: 'sign_in.failed', reason: 'state_wrong' });
  });

  it.each([
    ['another type', { type: 'gossip', who: alice }],
    ['a field that nobody knows', { ...failed, comment: 'he asked about hunter2' }],
    ['a reason in somebody’s words', { ...failed, reason: 'hunter2' }],
    ['a name in clear', { ...failed, who: 'U0ALICE' }],
    ['nobody at all', { type: 'sign_in.failed', from: alice, reason: 'state_wrong' }],
    [
      'text in place of a turn',
      { type: 'operator.turn', who: alice, action: 'stop', turn: 'my hunter2 question' },
    ],
  ])('is never %s', (_what, event) => {
    const error = refusalOf(event);
    expect(error.code).toBe('unfit');
    expect(error.message).not.toContain('hunter2');
    expect(error.message).not.toContain('U0ALICE');
  });
});
