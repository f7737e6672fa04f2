import { describe, expect, it } from 'vitest';
import { createGate } from '../../../src/guardrails/gate.ts';
import { judge } from '../../../src/guardrails/judge.ts';
import type { Block, Verdict } from '../../../src/guardrails/verdict.ts';
import { createPassingTime } from './passing-time.ts';
import { answerOf, type Rules } from './scripted-guardrail.ts';

const CALL_MS = 300;

function open(rules: Rules = {}, forbidden: (text: string) => string | undefined = () => undefined) {
  const time = createPassingTime();
  const asked: (readonly string[])[] = [];
  const shown: { at: number; text: string }[] = [];
  const blocks: Block[] = [];
  const masked: string[] = [];
  const gate = createGate({
    async check(texts): Promise<Verdict> {
      asked.push(texts);
      await time.pause(CALL_MS);
      return judge(answerOf(texts, rules), texts);
    },
    forbidden,
    onText: (text) => void shown.push({ at: time.now(), text }),
    onCleared: () => undefined,
    onBlock: (block) => void blocks.push(block),
    onMasked: ({ policies }) => void masked.push(...policies),
    after: time.after,
    now: time.now,
    signal: new AbortController().signal,
  });
  return { time, gate, asked, shown, blocks, masked, text: () => shown.map((one) => one.text).join('') };
}

/** Words of ten characters each, space included. */
const words = (length: number) => 'some words '.repeat(Math.ceil(length / 11)).slice(0, length);

describe('the gate', () => {
  it('shows the first words one call after the first window is there', async () => {
    const { gate, time, shown } = open();
    void gate.write(words(260));
    await time.pass();
    expect(shown[0]?.at).toBe(CALL_MS);
  });

  it('shows nothing before 200 characters behind it were checked', async () => {
    const { gate, time, text } = open();
    void gate.write(words(260));
    await time.pass();
    expect(text().length).toBeGreaterThan(0);
    expect(text().length).toBeLessThanOrEqual(60);
    const ending = gate.end();
    await time.pass();
    expect(await ending).toBeUndefined();
    expect(text()).toBe(words(260));
  });

  it('checks a short answer once', async () => {
    const { gate, time, asked, text } = open();
    void gate.write('Two instances ');
    void gate.write('are running.');
    const ending = gate.end();
    await time.pass();
    await ending;
    expect(asked).toEqual([['Two instances are running.']]);
    expect(text()).toBe('Two instances are running.');
  });

  it('checks no text twice only to see its end', async () => {
    const { gate, time, asked, text } = open();
    void gate.write(`${words(263)} `);
    await time.pass();
    const ending = gate.end();
    await time.pass();
    await ending;
    expect(asked).toHaveLength(1);
    expect(text()).toBe(`${words(263)} `);
  });

  it('asks after 1.5 s for less than a window, if some of it can be shown', async () => {
    const { gate, time, asked, shown } = open();
    void gate.write('so '.repeat(69));
    await time.pass();
    expect(asked).toHaveLength(1);
    expect(shown[0]?.at).toBe(1_500 + CALL_MS);
  });

  it('asks for nothing when nothing could be shown for it', async () => {
    const { gate, time, asked } = open();
    void gate.write(words(150));
    await time.pass();
    expect(asked).toEqual([]);
  });

  it('ends at once after a block, and what was shown stays', async () => {
    const { gate, time, text, blocks, asked } = open({ blocked: ['buy gold'] });
    void gate.write(words(600));
    await time.pass();
    const before = text();
    expect(before).not.toBe('');
    await gate.write(`and now buy gold ${words(1_000)}`);
    const ending = gate.end();
    await time.pass();
    expect(await ending).toMatchObject({ policy: 'topic' });
    expect(text().startsWith(before)).toBe(true);
    expect(text()).not.toContain('gold');
    expect(blocks).toHaveLength(1);
    const calls = asked.length;
    expect(gate.write('more')).toBeUndefined();
    gate.ask(['a title']);
    expect(asked).toHaveLength(calls);
  });

  it('holds the writer back while the guardrail is slow, and lets go when there is room', async () => {
    const { gate, time, text } = open();
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 60; i += 1) {
        await gate.write(words(500));
        written += 1;
      }
      await gate.end();
    })();
    await time.pass(() => time.now() > 0);
    expect(written * 500).toBeLessThanOrEqual(9_000);
    await time.pass();
    await writing;
    expect(text()).toHaveLength(30_000);
  });

  it('holds the writer back for texts beside as well, and checks many of them without waiting', async () => {
    const { gate, time, asked } = open();
    const texts = Array.from({ length: 60 }, (_, i) => `${i} ${words(1_000)}`);
    const left = [...texts];
    let held: Promise<void> | undefined;
    while (left.length > 0 && !held) {
      gate.ask(left.splice(0, 1));
      held = gate.write('');
    }
    expect(left.length).toBeGreaterThan(10);
    const writing = (async () => {
      await held;
      for (const text of left) {
        gate.ask([text]);
        await gate.write('');
      }
      await gate.end();
    })();
    await time.pass();
    await writing;
    expect(texts.every((text) => gate.cleared(text) === text)).toBe(true);
    expect(asked.length).toBeLessThanOrEqual(2 + 60_000 / 700);
    expect(time.now()).toBeLessThan(6_000);
  });

  it('lets the writer go when it blocks', async () => {
    const { gate, time } = open({ blocked: ['gold'] });
    const writing = gate.write(`${words(9_000)}gold`);
    expect(writing).toBeInstanceOf(Promise);
    void gate.end();
    await time.pass();
    await expect(writing).resolves.toBeUndefined();
  });

  it('takes short texts along with a window, and knows them from then on', async () => {
    const { gate, time, asked, masked } = open({ masked: ['bob@x.io'] });
    gate.ask(['List instances', 'Write to bob@x.io']);
    expect(gate.cleared('List instances')).toBeUndefined();
    await time.pass();
    expect(asked).toEqual([['List instances', 'Write to bob@x.io']]);
    expect(gate.cleared('List instances')).toBe('List instances');
    expect(gate.cleared('Write to bob@x.io')).toBe('Write to {NAME}');
    expect(masked).toEqual(['personal_data']);
    gate.ask(['List instances', 'Stop instances']);
    void gate.write(words(300));
    await time.pass();
    expect(asked[1]?.slice(1)).toEqual(['Stop instances']);
    expect(asked).toHaveLength(2);
  });

  it('masks what its last window found at the very end, when nothing follows', async () => {
    const { gate, time, asked, text } = open({ masked: ['bob@x.io'] });
    void gate.write(`${words(209)}. Ask bob@x.io `);
    await time.pass();
    expect(asked).toHaveLength(1);
    void gate.end();
    await time.pass();
    expect(asked).toHaveLength(1);
    expect(text()).toBe(`${words(209)}. Ask {NAME} `);
  });

  it('clears nothing that blocks', async () => {
    const { gate, time, blocks } = open({ blocked: ['gold'] });
    gate.ask(['Buy gold']);
    await time.pass();
    expect(gate.cleared('Buy gold')).toBeUndefined();
    expect(blocks).toHaveLength(1);
  });

  it('needs no guardrail to withhold what is never shown', async () => {
    const { gate, time, asked, text, blocks } = open({}, (words) =>
      words.includes('AKIA') ? 'aws_access_key' : undefined,
    );
    void gate.write(`${words(300)}AK`);
    void gate.write(`IAIOSFODNN7EXAMPLE ${words(300)}`);
    const ending = gate.end();
    await time.pass();
    expect(await ending).toMatchObject({ policy: 'secret', reason: 'secret: aws_access_key' });
    expect(text()).not.toContain('AK');
    expect(asked.flat().join()).not.toContain('AKIA');
    expect(blocks).toHaveLength(1);
  });

  it('knows that the end is near once all that there is, is being checked', async () => {
    const { gate, time } = open();
    void gate.write(words(600));
    expect(gate.nearEnd()).toBe(false);
    const ending = gate.end(words(9_000));
    expect(gate.nearEnd()).toBe(false);
    await time.pass();
    await ending;
    expect(gate.nearEnd()).toBe(true);
    const short = open();
    void short.gate.end(words(300));
    expect(short.gate.nearEnd()).toBe(true);
    await short.time.pass();
  });

  it('lets nothing out after it was closed', async () => {
    const { gate, time, text } = open();
    void gate.write(words(600));
    gate.close();
    await time.pass();
    expect(text()).toBe('');
    expect(await gate.end()).toBeUndefined();
  });
});
