import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGENT_FAILURE_CODES } from '../../../src/agentcore/errors.ts';
import { askAgent } from '../../../src/turns/ask-agent.ts';
import { FAILURE_POLICY } from '../../../src/turns/failure-policy.ts';
import { decodeChunks } from '../agentcore/streams.ts';
import { anyRun, end, failure, numbered, text, tool } from './agent-events.ts';
import {
  answered,
  attach,
  busySession,
  type Script,
  scripted,
  start,
  throttled,
  unknownTurn,
} from './scripted-agent.ts';

describe('asking the agent', () => {
  it('follows an answer to its end in one exchange', async () => {
    const run = scripted([{ events: answered }]);
    const answer = await askAgent(run.deps);
    expect(answer).toMatchObject({ end: 'done', view: { text: 'Two instances.' }, reason: 'answered' });
    expect(answer.notice).toBeUndefined();
    expect(run.exchanges).toEqual([start]);
    expect(run.views.map((view) => view.text)).toEqual(['Two ', 'Two instances.']);
    expect(run.interruptions).toEqual([]);
  });

  it.each([
    ['limit', 'done', 'answer_limited'],
    ['guardrail', 'blocked', 'answer_blocked'],
    ['cancelled', 'stopped', 'stopped'],
    ['approval', 'failed', 'approval_unsupported'],
  ] as const)('says so when the run ends by %s', async (stop, ending, notice) => {
    const run = scripted([{ events: numbered([text('Some'), end(stop)]) }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: ending, notice, view: { text: 'Some' } });
  });

  it.each([
    ['model_throttled', 'agent_busy', 'model_throttled'],
    ['model_auth', 'agent_misconfigured', 'model_auth'],
    ['model_unavailable', 'agent_unreachable', 'model_unavailable'],
    ['something_new', 'agent_failed', 'agent_error: something_new'],
  ] as const)('turns the error event %s into a notice and keeps the text', async (code, notice, reason) => {
    for (const events of [
      numbered([text('Half'), failure(code), end()]),
      numbered([text('Half'), failure(code)]),
    ]) {
      const run = scripted([{ events }]);
      await expect(askAgent(run.deps)).resolves.toMatchObject({
        end: 'failed',
        notice,
        view: { text: 'Half' },
        reason,
      });
      expect(run.exchanges).toEqual([start]);
    }
  });

  it.each([[[]], [[text(' \n')]]])('does not pass an empty answer off as one', async (events) => {
    const run = scripted([{ events: numbered([...events, end()]) }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({
      end: 'failed',
      notice: 'agent_failed',
      reason: 'empty_answer',
    });
  });

  it('attaches behind the last event when the stream is cut, and counts a replayed event once', async () => {
    const events = numbered([text('a'), text('b'), text('c'), end()]);
    const run = scripted([
      { events: events.slice(0, 2) },
      { events: events.slice(1, 3), fails: { kind: 'refused', code: 'agent_unreachable', started: 'maybe' } },
      { events: events.slice(3) },
    ]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'done', view: { text: 'abc' } });
    expect(run.exchanges).toEqual([start, attach(2), attach(3)]);
    expect(run.interruptions).toEqual(['cut', 'refused']);
  });

  it('shows the same answer wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRun,
        fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 4 }),
        async (events, cuts) => {
          const whole = await askAgent(scripted([{ events }]).deps);
          const scripts: Script[] = [];
          let seen = 0;
          for (const length of cuts) {
            // Each piece begins where the last one ended, as the agent replays it; the last runs to the end.
            scripts.push({ events: events.slice(seen, Math.min(seen + length, events.length - 1)) });
            seen = Math.min(seen + length, events.length - 1);
          }
          scripts.push({ events: events.slice(seen) });
          const run = scripted(scripts);
          const cut = await askAgent(run.deps);
          // Only a run that stays silent for all attaches is given up, and an error ends it wherever it comes.
          fc.pre(run.exchanges.length === scripts.length);
          expect(cut).toEqual(whole);
        },
      ),
    );
  });

  it('allows as many cuts as a long answer takes, but only three attaches without a sign of life', async () => {
    const events = numbered([...Array.from({ length: 12 }, () => text('x')), end()]);
    const long = scripted(events.map((event) => ({ events: [event] })));
    await expect(askAgent(long.deps)).resolves.toMatchObject({ end: 'done', view: { text: 'x'.repeat(12) } });

    const dead = scripted([{ events: events.slice(0, 1) }, {}, {}, {}]);
    await expect(askAgent(dead.deps)).resolves.toMatchObject({ end: 'failed', notice: 'agent_cut_off' });
    expect(dead.exchanges).toHaveLength(4);
    expect(dead.pauses).toEqual([...dead.pauses].sort((a, b) => a - b));
  });

  it('begins anew, with nothing kept, when the agent lost the turn and nothing was changed', async () => {
    const run = scripted([
      { events: numbered([text('old words'), tool('read')]) },
      unknownTurn,
      { events: answered },
    ]);
    const answer = await askAgent(run.deps);
    expect(answer).toMatchObject({ end: 'done', view: { text: 'Two instances.', tasks: [] } });
    expect(run.exchanges).toEqual([start, attach(2), start]);
  });

  it('does not begin anew after a change was begun', async () => {
    const run = scripted([{ events: numbered([text('Stopping.'), tool('write')]) }, unknownTurn]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({
      end: 'unknown',
      notice: 'outcome_unknown',
      view: { text: 'Stopping.' },
    });
    expect(run.exchanges).toEqual([start, attach(2)]);
  });

  it('does not begin anew when events are missing that may have been a change', async () => {
    const run = scripted([{ events: numbered([text('late')], 3) }, unknownTurn]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'unknown', notice: 'outcome_unknown' });
    expect(run.exchanges).toEqual([start, attach(3)]);
  });

  it('does not begin anew when an attach after a change is turned away', async () => {
    for (const turnedAway of [throttled, busySession]) {
      const run = scripted([{ events: numbered([tool('write')]) }, turnedAway, turnedAway, turnedAway]);
      await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'unknown', notice: 'outcome_unknown' });
      expect(run.exchanges.filter((exchange) => exchange.mode === 'start')).toHaveLength(1);
    }
  });

  it('keeps attaching when an attach was throttled, and gets the rest of the answer', async () => {
    const run = scripted([{ events: answered.slice(0, 1) }, throttled, { events: answered.slice(1) }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({
      end: 'done',
      view: { text: 'Two instances.' },
    });
    expect(run.exchanges).toEqual([start, attach(1), attach(1)]);
  });

  it('misses nothing where the agent sent what only a newer backend understands', async () => {
    const wire = [
      { type: 'text', seq: 1, text: 'Two ' },
      { type: 'sparkle', seq: 2, colour: 'pink' },
      { type: 'text', seq: 3, text: 'instances.' },
      { type: 'end', seq: 4, stop: 'end' },
    ].map((event) => `data: ${JSON.stringify(event)}\n\n`);
    const { events } = await decodeChunks([Buffer.from(wire.join(''))], 'text/event-stream');
    const run = scripted([{ events }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({
      end: 'done',
      view: { text: 'Two instances.' },
      reason: 'answered',
    });
  });

  it('calls an answer with missing events unknown, even if it has an end', async () => {
    const run = scripted([{ events: [...numbered([text('a')]), ...numbered([text('c'), end()], 3)] }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'unknown', notice: 'outcome_unknown' });
  });

  it('attaches first to a turn of a lost worker, and begins it only if the agent never heard of it', async () => {
    const known = scripted([{ events: answered }]);
    await expect(askAgent(known.deps, { sawWrite: false, streaming: false })).resolves.toMatchObject({
      end: 'done',
    });
    expect(known.exchanges).toEqual([attach(0)]);

    const unknown = scripted([unknownTurn, { events: answered }]);
    await expect(askAgent(unknown.deps, { sawWrite: false, streaming: false })).resolves.toMatchObject({
      end: 'done',
    });
    expect(unknown.exchanges).toEqual([attach(0), start]);
    expect(unknown.pauses).toEqual([0]);
  });

  it('remembers the change that a lost worker saw', async () => {
    const run = scripted([unknownTurn]);
    await expect(askAgent(run.deps, { sawWrite: true, streaming: false })).resolves.toMatchObject({
      end: 'unknown',
      notice: 'outcome_unknown',
    });
    expect(run.exchanges).toEqual([attach(0)]);
  });

  it('waits for a busy session, longer each time, and then says so', async () => {
    const patient = scripted([busySession, { events: answered }]);
    await expect(askAgent(patient.deps)).resolves.toMatchObject({
      end: 'done',
      view: { text: 'Two instances.' },
    });

    const run = scripted([busySession, busySession, busySession, busySession]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'failed', notice: 'agent_busy' });
    expect(run.exchanges).toEqual([start, start, start, start]);
    expect(run.pauses).toHaveLength(3);
    expect(new Set(run.pauses).size).toBe(3);
    expect(run.pauses).toEqual([...run.pauses].sort((a, b) => a - b));
  });

  it('tries again with back-off while it is throttled', async () => {
    const run = scripted([throttled, throttled, { events: answered }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'done' });
    expect(run.exchanges).toEqual([start, start, start]);
    expect(run.pauses).toEqual([500, 1500]);
  });

  it('outlasts several errors of AgentCore itself, and asks the agent once', async () => {
    const internal: Script = { fails: { kind: 'refused', code: 'agent_internal', started: 'maybe' } };
    const run = scripted([internal, internal, internal, unknownTurn, { events: answered }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'done', reason: 'answered' });
    expect(run.exchanges).toEqual([start, attach(0), attach(0), attach(0), start]);
  });

  it('never asks an agent of other make a second time once it may have begun', async () => {
    const maybe = (code: 'agent_internal' | 'agent_unreachable'): Script => ({
      fails: { kind: 'refused', code, started: 'maybe' },
    });
    for (const script of [
      {},
      { events: answered.slice(0, 1) },
      unknownTurn,
      maybe('agent_internal'),
      maybe('agent_unreachable'),
    ]) {
      const run = scripted([script], { canAttach: false });
      await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'failed' });
      expect(run.exchanges).toEqual([start]);
    }
  });

  it.each(AGENT_FAILURE_CODES)(
    'gives up over %s and ends the session if the table of failures says so',
    async (code) => {
      const run = scripted([{ fails: { kind: 'refused', code, started: 'maybe' } }], { canAttach: false });
      await expect(askAgent(run.deps)).resolves.toMatchObject({ reason: code });
      expect(run.stops()).toBe(FAILURE_POLICY[code].stopsSession ? 1 : 0);
    },
  );

  it('ends a turn that takes too long, and the session that keeps silent', async () => {
    const run = scripted([{ events: numbered([text('Wait')]), hangs: true }], { totalMs: 5 });
    await expect(askAgent(run.deps)).resolves.toMatchObject({
      end: 'failed',
      notice: 'agent_timeout',
      view: { text: 'Wait' },
      reason: 'deadline',
    });
    expect(run.stops()).toBe(1);
  });

  it('says of an agent that has kept silent for too long that it did, looks for it no more and ends its session', async () => {
    const run = scripted([{ fails: { kind: 'refused', code: 'agent_timeout', started: 'maybe' } }]);
    await expect(askAgent(run.deps)).resolves.toMatchObject({
      end: 'failed',
      notice: 'agent_timeout',
      reason: 'agent_timeout',
    });
    expect(run.exchanges).toEqual([start]);
    expect(run.stops()).toBe(1);
  });

  it('does not offer to ask again when the time ran out after a change was begun', async () => {
    const run = scripted([{ events: numbered([tool('write')]), hangs: true }], { totalMs: 5 });
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'unknown', notice: 'outcome_unknown' });
  });

  it('cannot be held up by an agent that never stops talking', async () => {
    const run = scripted([], {
      totalMs: 5,
      async *open() {
        for (let seq = 1; ; seq += 1) {
          await new Promise(setImmediate);
          yield { type: 'text', seq, text: '.' };
        }
      },
    });
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'failed', notice: 'agent_timeout' });
  });

  it('rejects with the reason when it is given up in the middle, and shows nothing more', async () => {
    const reason = new Error('the lane is lost');
    const giveUp = new AbortController();
    const run = scripted([{ events: numbered([text('Wait')]), hangs: true }], {
      signal: giveUp.signal,
      onView: () => giveUp.abort(reason),
    });
    await expect(askAgent(run.deps)).rejects.toBe(reason);
    expect(run.interruptions).toEqual([]);

    // An agent that does not notice the abort changes nothing about it.
    let shown = 0;
    const again = new AbortController();
    const deaf = scripted([{ events: answered }], {
      signal: again.signal,
      onView: () => {
        shown += 1;
        again.abort(reason);
      },
    });
    await expect(askAgent(deaf.deps)).rejects.toBe(reason);
    expect(shown).toBe(1);
  });

  it('rejects with the reason when it is given up while it waits to try again', async () => {
    const reason = new Error('the worker shuts down');
    const giveUp = new AbortController();
    const run = scripted([{}], { signal: giveUp.signal, onInterruption: () => giveUp.abort(reason) });
    await expect(askAgent(run.deps)).rejects.toBe(reason);
    expect(run.exchanges).toHaveLength(1);
  });

  it('passes on an error that is not the agent’s', async () => {
    const bug = new TypeError('a bug');
    await expect(askAgent(scripted([{ fails: bug }]).deps)).rejects.toBe(bug);
  });

  it('has a change on record before it is shown', async () => {
    const run = scripted([
      { events: numbered([text('So: '), tool('write'), tool('write', 'finished'), end()]) },
    ]);
    await askAgent(run.deps);
    expect(run.order).toEqual([
      'view So:',
      'noting the change',
      'change noted',
      'view So:  in_progress',
      'view So:  complete',
    ]);
  });

  it('stops at once when the change cannot be put on record', async () => {
    const lost = new Error('lane lost');
    const run = scripted([{ events: numbered([tool('write'), end()]) }], {
      onWrite: () => Promise.reject(lost),
    });
    await expect(askAgent(run.deps)).rejects.toBe(lost);
    expect(run.views).toEqual([]);
  });
});
