import { describe, expect, it } from 'vitest';
import type { Member } from '../../faults/member.ts';
import type { Passage } from '../../faults/passage.ts';
import type { HarmStep } from '../../faults/steps.ts';
import { setTraps } from '../../faults/traps.ts';

const worker = { role: 'worker' } as Member;
const turn = (letter: string) => `turn-${letter.repeat(26)}`;

const posts = (letter: string): Passage => ({
  link: 'slack',
  phase: 'request',
  name: 'chat.postMessage',
  text: `{"turn":"${turn(letter)}"}`,
});

function step(more: Partial<HarmStep> = {}): HarmStep {
  return { at: 'before post', nth: 1, harm: 'kill', ms: 0, times: 1, ...more };
}

function sprung(steps: readonly HarmStep[], passages: readonly Passage[], isUp = true): number[] {
  const traps = setTraps(steps, () => (isUp ? 'drop' : undefined));
  traps.arm();
  return passages.flatMap((passage, i) => (traps.decide(worker, passage) === 'drop' ? [i] : []));
}

describe('traps', () => {
  it('spring at the nth passage of their failpoint, once', () => {
    expect(sprung([step({ nth: 2 })], [posts('a'), posts('b'), posts('c')])).toEqual([1]);
  });

  it('let everything pass until they are armed', () => {
    const traps = setTraps([step()], () => 'drop');
    expect(traps.decide(worker, posts('a'))).toBe('pass');
  });

  it('strike the same turn again where a step says so', () => {
    const passages = [posts('a'), posts('b'), posts('a'), posts('a')];
    expect(sprung([step({ times: 2 })], passages)).toEqual([0, 2]);
  });

  it('leave other members and failpoints alone', () => {
    const traps = setTraps([step()], () => 'drop');
    traps.arm();
    expect(traps.decide({ role: 'web' } as Member, posts('a'))).toBe('pass');
    expect(traps.decide(worker, { ...posts('a'), name: 'chat.update' })).toBe('pass');
  });

  it('stay set when the member was down already', () => {
    expect(sprung([step()], [posts('a')], false)).toEqual([]);
  });
});
