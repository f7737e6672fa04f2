import { afterEach, describe, expect, test } from 'vitest';
import { notice } from '../../src/chat/notices.ts';
import { LaneLost, ReplyRefused } from '../../src/turns/reply.ts';
import { eventually } from '../setup/eventually.ts';
import {
  type DeliveryThread,
  type Fault,
  type Manner,
  PLATFORMS,
  type Step,
  say,
} from './delivery-platforms.ts';

const MANNERS: readonly Manner[] = ['streamed', 'edited'];

const CHART = {
  name: 'chart.png',
  mediaType: 'image/png',
  base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  title: 'Costs',
  alt: 'Costs rise from 3 to 9',
};

const threads: DeliveryThread[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

const dense = (text: string) => text.replaceAll(/\s+/g, '');
const shows = (thread: DeliveryThread, text: string) =>
  eventually(`the thread shows ${text.slice(0, 40)}`, () => thread.texts().join('') === text);

describe.each(PLATFORMS)('$name', (platform) => {
  const started = async (manner: Manner) => {
    const thread = await platform.start(manner);
    threads.push(thread);
    return thread;
  };

  describe.each(MANNERS)('%s', (manner) => {
    test('a short answer is one message, made with one call', async () => {
      const thread = await started(manner);
      const posted = await thread.open().finish(say('42'));
      expect(thread.texts()).toEqual(['42']);
      expect(thread.writes()).toBe(1);
      expect(posted).toEqual([{ id: expect.any(String), streaming: false }]);
    });

    test('before there are words, a reader sees that somebody is at work; nothing of it stays', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('', { status: 'is looking it up…' }));
      await eventually('the sign', () => thread.atWork());
      expect(thread.texts()).toEqual([]);
      await reply.finish(say('42'));
      expect(thread.texts()).toEqual(['42']);
      expect(thread.everything()).not.toContain('looking it up');
      expect(thread.atWork()).toBe(false);
    });

    test('words appear as they come, in one message, and no call is refused', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      let text = '';
      for (const word of ['Three ', 'instances ', 'run ', 'here.']) {
        text += word;
        reply.show(say(text));
        await shows(thread, text);
      }
      await reply.finish(say(`${text} Done.`));
      expect(thread.texts()).toEqual([`${text} Done.`]);
      expect(thread.calls().filter(({ status }) => status >= 400)).toEqual([]);
    });

    test('views that come faster than the platform takes them are overtaken', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      for (let i = 1; i <= 300; i += 1) reply.show(say('x'.repeat(i)));
      await reply.finish(say('x'.repeat(300)));
      expect(thread.texts()).toEqual(['x'.repeat(300)]);
      expect(thread.writes()).toBeLessThan(5);
    });

    test('an answer that lasts longer than any stream is whole, in one message, and no call is refused', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      let text = 'Begun';
      reply.show(say(text));
      await shows(thread, text);
      for (let i = 1; i <= 14; i += 1) {
        thread.later(platform.streamLifeMs / 12);
        text += ` and ${i}`;
        reply.show(say(text));
        await shows(thread, text);
      }
      await reply.finish(say(`${text}.`));
      expect(thread.texts()).toEqual([`${text}.`]);
      expect(thread.calls().filter(({ status }) => status >= 400)).toEqual([]);
    });

    test('a long answer is split into messages that the platform takes, whole and in order', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      const text = Array.from(
        { length: 700 },
        (_, i) => `Line ${i} of a long answer, with some “words” & more.\n\n`,
      ).join('');
      for (let length = 0; length < text.length; length += 12_000) {
        reply.show(say(text.slice(0, length)));
        const before = thread.writes();
        await eventually('a write', () => length === 0 || thread.writes() > before);
      }
      const posted = await reply.finish(say(text));
      expect(thread.texts().length).toBeGreaterThan(1);
      expect(dense(thread.texts().join('')).replaceAll('&amp;', '&')).toBe(dense(text));
      expect(posted).toHaveLength(thread.texts().length);
      expect(thread.calls().filter(({ status }) => status >= 400)).toEqual([]);
    });

    test('an answer that begins anew takes the place of what was shown', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('It looks like'));
      await shows(thread, 'It looks like');
      reply.show(say('Three'));
      await reply.finish(say('Three.'));
      expect(thread.texts()).toEqual(['Three.']);
    });

    test('what failed says why below what was shown, with a button to ask again', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('Three inst'));
      await shows(thread, 'Three inst');
      await reply.finish(say('Three inst', { notice: notice('agent_cut_off') }));
      expect(thread.texts()).toEqual(['Three inst']);
      const everything = thread.everything();
      expect(everything.indexOf(notice('agent_cut_off').text)).toBeGreaterThan(
        everything.indexOf('Three inst'),
      );
      expect(everything).toContain('Retry');
    });

    test('a picture that the agent made stands with the answer, and what it shows in words; other files are named', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('See the', { files: [CHART] }));
      await shows(thread, 'See the');
      expect(thread.pictures()).toEqual([]);
      const table = { ...CHART, name: 'costs.csv', mediaType: 'text/csv', alt: 'Costs by day' };
      await reply.finish(say('See the chart.', { files: [CHART, table] }));
      expect(thread.texts()).toEqual(['See the chart.']);
      const [picture] = thread.pictures();
      expect(picture?.name).toBe('chart.png');
      expect(picture?.words).toContain('Costs rise from 3 to 9');
      expect(thread.everything() + JSON.stringify(thread.pictures())).toContain('costs.csv');
    });

    test('what was stopped stays, and how it ended is said once, below', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('Three inst'));
      await shows(thread, 'Three inst');
      await thread.pressStop();
      await reply.finish(say('Three inst', { notice: notice('stopped') }));
      expect(thread.texts()).toEqual(['Three inst']);
      const [before = '', after, more] = thread.everything().split(notice('stopped').text);
      expect(before).toContain('Three inst');
      expect(after).toBeDefined();
      // A message's blocks may be said again as its plain text, in the same message.
      expect(more === undefined || !after?.includes('Three inst')).toBe(true);
    });

    test('a successor that has only a notice to add leaves the words alone', async () => {
      const thread = await started(manner);
      const first = thread.open();
      first.show(say('Three inst'));
      await shows(thread, 'Three inst');
      await eventually('the record', () => thread.noted.length > 0);
      const posted = thread.noted.at(-1) ?? [];
      thread.later(platform.streamLifeMs + 60_000);
      const last = say('', { keep: true, notice: notice('stopped_in_change') });
      const parts = await thread.open({ turn: { attempt: 2, posted } }).finish(last);
      expect(thread.texts().join('')).toContain('Three inst');
      expect(thread.everything()).toContain(notice('stopped_in_change').text);
      expect(parts[0]?.id).toBe(posted[0]?.id);
    });

    test('a successor that has only a notice to add leaves no sign of work behind', async () => {
      const thread = await started(manner);
      const first = thread.open();
      first.show(say('', { status: 'is looking it up…', long: true }));
      await eventually('the record', () => thread.noted.length > 0);
      const posted = thread.noted.at(-1) ?? [];
      thread.later(60_000);
      const last = say('', { keep: true, notice: notice('stopped') });
      await thread.open({ turn: { attempt: 2, posted } }).finish(last);
      expect(thread.atWork()).toBe(false);
      expect(thread.everything().split(notice('stopped').text).length).toBeGreaterThan(1);
    });

    test('what takes long can be stopped, until it is over', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('Counting', { long: true }));
      await eventually(
        'the button',
        () => manner === 'streamed' || thread.everything().includes('turn_stop'),
      );
      await reply.finish(say('Counting: 42'));
      expect(thread.texts()).toEqual(['Counting: 42']);
      expect(thread.everything()).not.toContain('turn_stop');
    });

    const LOST: readonly Fault[] = [
      { kind: 'drop_answer' },
      { kind: 'refuse' },
      { kind: 'status', status: 503 },
      { kind: 'status', status: 502, commit: true },
    ];
    const STEPS: readonly Step[] = ['post', 'open', 'change', 'end'];

    /** An answer that passes all steps, one of them spoiled: what is shown of it comes without waiting for more. */
    async function answer(thread: DeliveryThread, step: Step, fault: Fault): Promise<void> {
      const reply = thread.open();
      if (step === 'post' || step === 'open') thread.spoil(step, fault);
      if (step !== 'post')
        for (const text of ['Three', 'Three inst']) {
          if (step === 'change' && text !== 'Three') thread.spoil(step, fault);
          reply.show(say(text));
          await eventually(`the sight of ${text}`, () => thread.texts().at(-1) === text);
        }
      if (step === 'end') thread.spoil(step, fault);
      await reply.finish(say('Three instances.'));
    }

    test.each(STEPS)(
      'a lost answer, a refused connection and trouble of the platform leave one whole answer (%s)',
      async (step) => {
        for (const fault of LOST) {
          const thread = await started(manner);
          await answer(thread, step, fault);
          const first = step === 'post' || step === 'open';
          if (platform.mayDouble && first && thread.texts().length > 1) {
            expect(thread.doubts()).toBe(1);
            expect(thread.texts().at(-1)).toBe('Three instances.');
          } else expect(thread.texts(), `after ${fault.kind}`).toEqual(['Three instances.']);
        }
      },
    );

    test.each(STEPS)(
      'a platform that wants to be left alone is, and the answer is whole (%s)',
      async (step) => {
        const thread = await started(manner);
        await answer(thread, step, { kind: 'status', status: 429, retryAfter: 9 });
        expect(thread.texts()).toEqual(['Three instances.']);
        const calls = thread.calls();
        const refused = calls.findIndex(({ status }) => status === 429);
        const [said, next] = calls.slice(refused);
        expect(refused).toBeGreaterThanOrEqual(0);
        // Where another call says the same, it need not wait.
        if (manner === 'edited' || step === 'post')
          expect((next?.at ?? 0) - (said?.at ?? 0)).toBeGreaterThanOrEqual(9_000);
      },
    );

    test('a look that comes late, over a newer one, does not stay', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('Three'));
      await shows(thread, 'Three');
      thread.spoil('change', { kind: 'commit_late', ms: 4_000 });
      reply.show(say('Three inst'));
      await shows(thread, 'Three inst');
      await reply.finish(say('Three instances.'));
      thread.later(60_000);
      await new Promise(setImmediate);
      expect(thread.texts()).toEqual(['Three instances.']);
    });

    test('a stream that the platform ends before its time loses no word', async () => {
      const thread = await started(manner);
      const reply = thread.open();
      reply.show(say('Three'));
      await shows(thread, 'Three');
      thread.cutStream();
      reply.show(say('Three inst'));
      await shows(thread, 'Three inst');
      await reply.finish(say('Three instances.'));
      expect(thread.texts()).toEqual(['Three instances.']);
    });

    test.each(['put on record', 'not put on record'] as const)(
      'a worker may be lost before any call, with the last one %s: its successor makes one whole answer of it',
      async (how) => {
        for (let made = 0; made <= 4; made += 1) {
          const thread = await started(manner);
          const lost = () => {
            if (thread.writes() >= made) throw new LaneLost('lane');
          };
          const beforeRecord = how === 'put on record' ? () => undefined : lost;
          const first = thread.open({ assertHeld: lost, beforeRecord });
          const ended = (async () => {
            for (const text of ['One', 'One two', 'One two three']) {
              first.show(say(text));
              await Promise.race([
                shows(thread, text).catch(() => undefined),
                eventually('the loss', () => thread.writes() >= made),
              ]);
            }
            await first.finish(say('One two three four.'));
          })();
          await ended.catch((error: unknown) => expect(error).toBeInstanceOf(LaneLost));
          const posted = thread.noted.at(-1) ?? [];
          const reply = thread.open({ turn: { attempt: 2, crashes: 1, posted, quietMs: 5_000 } });
          reply.show(say('One two'));
          await reply.finish(say('One two three four.'));
          const texts = thread.texts();
          expect(texts.at(-1), `after ${made} calls`).toBe('One two three four.');
          if (platform.mayDouble && how !== 'put on record' && texts.length > 1)
            expect([texts.length, thread.doubts(), posted]).toEqual([2, 1, []]);
          else expect(texts).toHaveLength(1);
          await thread.close();
          threads.splice(threads.indexOf(thread), 1);
        }
      },
    );

    test('what an earlier worker had shown beyond the answer is taken away', async () => {
      const thread = await started(manner);
      const posted = await thread.open().finish(say('word '.repeat(9_000)));
      expect(posted.length).toBeGreaterThan(1);
      await thread.open({ turn: { attempt: 2, posted } }).finish(say('Short.'));
      expect(thread.texts()).toEqual(['Short.']);
    });

    test('nothing is written once the lane is lost', async () => {
      const thread = await started(manner);
      let held = true;
      const assertHeld = () => {
        if (!held) throw new LaneLost('lane');
      };
      const reply = thread.open({ assertHeld });
      reply.show(say('Three'));
      await shows(thread, 'Three');
      held = false;
      const before = thread.writes();
      await expect(reply.finish(say('Three instances.'))).rejects.toBeInstanceOf(LaneLost);
      expect(thread.writes()).toBe(before);
    });

    test('a thread that takes nothing any more ends the reply with the platform’s own name for it', async () => {
      const thread = await started(manner);
      const reason = thread.shutOut();
      const refused = thread.open().finish(say('42'));
      await expect(refused).rejects.toBeInstanceOf(ReplyRefused);
      await expect(refused).rejects.toMatchObject({ reason });
      expect(thread.texts()).toEqual([]);
    });
  });
});
