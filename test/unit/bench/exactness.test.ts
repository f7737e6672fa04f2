import { describe, expect, it } from 'vitest';
import { canariesIn, canaryOf, judge, type ThreadLog } from '../../../bench/exactness.ts';

const asked = [1, 2, 3].map((message) => canaryOf('run', 7, message));
const [first = '', second = '', third = ''] = asked;
const thread = (answers: readonly string[]): ThreadLog => ({ name: 'user7', asked, answers });

describe('the judge of a load', () => {
  it('finds nothing wrong when every message has its own answer, in order', () => {
    expect(judge([thread(asked)])).toEqual({ turns: 3, posts: 3, foreign: 0, problems: [] });
  });

  it.each([
    ['a missing answer', [first, third], [`user7: no answer to ${second}`]],
    ['a doubled answer', [first, second, second, third], [`user7: 2 answers to ${second}`]],
    ['answers out of order', [second, first, third], [`user7: out of order: ${second} ${first} ${third}`]],
    [
      'an answer with words of its own',
      [first, `${second} and more`, third],
      [`user7: no answer to ${second}`, `user7: answered "${second} and more"`],
    ],
    ['an empty answer', [first, second, third, ''], ['user7: answered ""']],
  ])('names %s', (_what, answers, problems) => {
    expect(judge([thread(answers)]).problems).toEqual(problems);
  });

  it('counts what belongs to somebody else as foreign', () => {
    const other = canaryOf('run', 8, 1);
    const verdict = judge([thread([first, second, third, other])]);
    expect(verdict).toMatchObject({ turns: 3, posts: 4, foreign: 1 });
    expect(verdict.problems).toContain(`user7: foreign ${other}`);
  });

  it('tells canaries of users, messages and runs apart', () => {
    const all = [canaryOf('a', 1, 11), canaryOf('a', 11, 1), canaryOf('b', 1, 11)];
    expect(new Set(all).size).toBe(3);
    expect(canariesIn(`x ${all.join(', ')}.`)).toEqual(all);
  });
});
