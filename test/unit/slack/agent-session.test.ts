import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameSessions, titleOf } from '../../../src/slack/agent-session.ts';
import { LaneLost, type OpenReply, type ReplyTarget } from '../../../src/turns/reply.ts';
import type { ClaimedTurn, PostedPart } from '../../../src/turns/turn.ts';

describe('the title of a question', () => {
  test.each([
    ['how many instances?', 'how many instances?'],
    ['  two\nlines\tof  it ', 'two lines of it'],
    ['<!channel> and <@U1> `code` **bold**', '!channel and @U1 code bold'],
    ['\u202eevil\u0000', 'evil'],
    ['', ''],
  ])('%j is %j', (question, title) => {
    expect(titleOf(question)).toBe(title);
  });

  test('is cut between words, and says so', () => {
    const title = titleOf(`${'word '.repeat(40)}`);
    expect(title).toMatch(/^(word )+word…$/);
    expect(title.length).toBeLessThanOrEqual(80);
    expect(titleOf('x'.repeat(200))).toBe(`${'x'.repeat(79)}…`);
  });

  test('is at most 80 characters, on one line, with nothing live and no half character in it, whatever was asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (question) => {
        const title = titleOf(question);
        expect(title.length).toBeLessThanOrEqual(80);
        expect(title).not.toMatch(/[<>\p{Cc}]/u);
        expect(title.isWellFormed()).toBe(true);
        expect(title).toBe(title.trim());
      }),
      { numRuns: 2_000 },
    );
  });
});

const parts = (streaming: boolean): PostedPart[] => [{ id: '1.1', streaming }];

/** A reply that posts what it is told to, between the naming and what it calls. */
function rig(
  turn: Partial<ClaimedTurn>,
  course: 'short' | 'streamed',
  held = () => undefined as undefined,
  wordsOf: (turn: ClaimedTurn) => string | undefined = ({ message }) => message.text,
) {
  const calls: { method: string; args: Record<string, unknown> }[] = [];
  const noted: unknown[] = [];
  const openReply: OpenReply = (target) => ({
    show: () => void target.notePosted(parts(course === 'streamed')),
    untakenMs: () => 12_000,
    finish: async () => parts(false),
  });
  const courtesy = async (_workspace: string, method: string, args: Record<string, unknown>) => {
    calls.push({ method, args });
    return false;
  };
  const reply = nameSessions(
    openReply,
    courtesy,
    wordsOf,
  )({
    turn: {
      message: {
        key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.0' },
        text: 'how many?',
      },
      opensThread: true,
      ...turn,
    } as ClaimedTurn,
    assertHeld: held,
    notePosted: async (posted) => void noted.push(posted),
    signal: new AbortController().signal,
  } satisfies ReplyTarget);
  return { reply, calls, noted };
}
const view = { text: 'Two.', tasks: [] };

test('whoever asks for how long Slack has taken nothing still hears it', () => {
  expect(rig({}, 'short').reply.untakenMs()).toBe(12_000);
});

describe('the name of a thread', () => {
  test('comes with the end of a short first answer, by one call', async () => {
    const { reply, calls } = rig({}, 'short');
    reply.show(view);
    expect(await reply.finish(view)).toEqual(parts(false));
    expect(calls).toEqual([
      {
        method: 'agents.sessions.setStatus',
        args: { channel_id: 'C1', thread_ts: '1.0', status: 'active', title: 'how many?' },
      },
    ]);
  });

  test('comes as soon as the stream of a first answer stands, which is over at the end', async () => {
    const { reply, calls, noted } = rig({}, 'streamed');
    reply.show(view);
    reply.show(view);
    await reply.finish(view);
    expect(calls.map((call) => call.args.status)).toEqual(['processing', 'active']);
    expect(noted).toEqual([parts(true), parts(true)]);
  });

  test('is not given again by later questions, nor to one without words', async () => {
    for (const turn of [
      { opensThread: undefined },
      { message: { key: {}, text: ' ' } },
    ] as unknown as Partial<ClaimedTurn>[]) {
      const { reply, calls } = rig(turn, 'short');
      await reply.finish(view);
      expect(calls).toEqual([]);
    }
  });

  test('is the question as it may be shown, once it may, and none where it may not', async () => {
    let words: string | undefined;
    const { reply, calls } = rig({}, 'streamed', undefined, () => words);
    reply.show(view);
    expect(calls).toEqual([]);
    words = 'how many of {NAME}?';
    reply.show(view);
    await reply.finish(view);
    expect(calls.map(({ args }) => args.title)).toEqual(['how many of {NAME}?', 'how many of {NAME}?']);

    const withheld = rig({}, 'short', undefined, () => undefined);
    await withheld.reply.finish(view);
    expect(withheld.calls).toEqual([]);
  });

  test('is not given by a worker that has lost the lane', async () => {
    const { reply, calls } = rig({}, 'short', () => {
      throw new LaneLost('lane');
    });
    await expect(reply.finish(view)).rejects.toThrow(LaneLost);
    expect(calls).toEqual([]);
  });
});
