import { describe, expect, it } from 'vitest';
import { breaksPromises, judge, type QuestionSeen, type RunSeen } from '../../faults/judge.ts';

const answer = 'canary-s1-q1 run1 word0 end1';
const reply = { ts: '1.000100', text: answer, notices: [], streaming: false };

function question(more: Partial<QuestionSeen> = {}): QuestionSeen {
  return {
    canary: 'canary-s1-q1',
    acknowledged: true,
    toldToStop: false,
    turns: [{ id: 'turn-1', state: 'done', begun: true }],
    replies: [reply],
    answers: [answer],
    said: [answer],
    writes: 0,
    overlaps: 0,
    startedAgain: 0,
    ...more,
  };
}

function judged(lanes: QuestionSeen[][], more: Partial<RunSeen> = {}) {
  return judge({
    lanes,
    drained: true,
    staleRedis: [],
    strays: [],
    statuses: [],
    leftover: [],
    troubles: [],
    ...more,
  });
}

describe('the judge of a run', () => {
  it('finds nothing wrong with one whole answer to each question', () => {
    expect(judged([[question()]])).toMatchObject({ turns: 1, notices: 0, problems: [] });
  });

  it('counts a question that was acknowledged and has no reply as lost', () => {
    expect(judged([[question({ replies: [], turns: [] })]])).toMatchObject({ lost: 1 });
  });

  it('counts a question that was stored and has no reply as lost, acknowledged or not', () => {
    const stored = question({ replies: [], acknowledged: false });
    expect(judged([[stored]])).toMatchObject({ lost: 1 });
    expect(judged([[question({ replies: [], acknowledged: false, turns: [] })]])).toMatchObject({ lost: 0 });
  });

  it('counts a turn that never ended as lost, whatever it shows', () => {
    expect(judged([[question({ turns: [{ id: 'turn-1', state: 'running', begun: true }] })]])).toMatchObject({
      lost: 1,
    });
  });

  it('counts two replies and two turns for one question as duplicated', () => {
    expect(judged([[question({ replies: [reply, { ...reply, ts: '1.000200' }] })]])).toMatchObject({
      duplicated: 1,
    });
    const turns = ['turn-1', 'turn-2'].map((id) => ({ id, state: 'done', begun: true }));
    expect(judged([[question({ turns })]])).toMatchObject({ duplicated: 1 });
  });

  it('counts a text that is no answer of the agent, or still streams, as stale', () => {
    expect(judged([[question({ replies: [{ ...reply, text: 'canary-s1-q1 run1' }] })]])).toMatchObject({
      staleVisible: 1,
    });
    expect(judged([[question({ replies: [{ ...reply, streaming: true }] })]])).toMatchObject({
      staleVisible: 1,
    });
  });

  it('takes a notice for an end, below words that the agent has said', () => {
    const cut = { ...reply, text: 'canary-s1-q1 run1', notices: ['Press Retry.'] };
    expect(judged([[question({ replies: [cut], answers: [] })]])).toMatchObject({ notices: 1, problems: [] });
    const invented = { ...cut, text: 'canary-s1-q1 run7' };
    expect(judged([[question({ replies: [invented], answers: [] })]])).toMatchObject({ staleVisible: 1 });
  });

  it('counts answers of one lane that stand in the wrong order, but not those of two lanes', () => {
    const late = question({ replies: [{ ...reply, ts: '9.000000' }] });
    expect(judged([[late, question()]])).toMatchObject({ outOfOrder: 1 });
    expect(judged([[late], [question()]])).toMatchObject({ outOfOrder: 0 });
  });

  it('counts changes that were carried out twice, stale writes, strays and what is left over', () => {
    const verdict = judged([[question({ writes: 2, startedAgain: 1 })]], {
      staleRedis: ['note by fence 1'],
      strays: ['1.2 "?"'],
      leftover: ['{tc}:ring'],
    });
    expect(verdict).toMatchObject({
      writtenTwice: 1,
      startedAgain: 1,
      staleRedis: 1,
      staleVisible: 1,
      leftover: 1,
    });
    expect(verdict.problems).toHaveLength(5);
  });

  it('misses no reply to a question that was taken back before anybody began it, and only then', () => {
    const stopped = (begun: boolean, toldToStop: boolean) =>
      judged([[question({ replies: [], toldToStop, turns: [{ id: 'turn-1', state: 'stopped', begun }] })]])
        .lost;
    expect(stopped(false, true)).toBe(0);
    expect(stopped(true, true)).toBe(1);
    expect(stopped(false, false)).toBe(1);
  });

  it('takes words that were kept and a remark below them for one reply, but not below a complete answer', () => {
    const kept = { ...reply, text: 'canary-s1-q1 run1' };
    const remark = { ...reply, ts: '1.000200', text: '', notices: ['Stopped.'] };
    const ended = (state: string) =>
      judged([[question({ replies: [kept, remark], turns: [{ id: 'turn-1', state, begun: true }] })]]);
    expect(ended('failed')).toMatchObject({ notices: 1, problems: [] });
    expect(ended('done')).toMatchObject({ duplicated: 1 });
  });

  it('counts a status line that nobody takes away as stale', () => {
    expect(judged([[question()]], { statuses: ['D1 1.0 still says “is thinking…”'] })).toMatchObject({
      staleVisible: 1,
    });
  });

  it('does not pass a run in which a process ended by itself', () => {
    expect(judged([[question()]], { troubles: ['web ended by itself with code 1'] }).problems).toHaveLength(
      1,
    );
  });

  it('does not pass a run that did not come to its end', () => {
    expect(judged([[question()]], { drained: false }).problems).toHaveLength(1);
  });

  it('tells broken promises from troubles of the run itself', () => {
    const inTrouble = { drained: false, leftover: ['{tc}:ring'], troubles: ['web is not ready'] };
    expect(breaksPromises(judged([[question()]], inTrouble))).toBe(false);
    expect(breaksPromises(judged([[question({ replies: [] })]]))).toBe(true);
  });
});
