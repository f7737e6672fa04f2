import { expect, test } from 'vitest';
import { withoutLinks } from '../../../src/chat/links.ts';
import { notice } from '../../../src/chat/notices.ts';
import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import type { Json } from '../../../src/teams/cards.ts';
import { citationsOf } from '../../../src/teams/citations.ts';
import { messageOf, partsOf, statusOf, streamChunk } from '../../../src/teams/render.ts';

const view = (text: string, more: Partial<ReplyView> = {}): ReplyView => ({ text, tasks: [], ...more });
const last = (wanted: ReplyView, done = true, direct = false): Json => {
  const part = partsOf(wanted, done, { direct }).at(-1);
  if (!part) throw new Error('there is no message');
  return messageOf(part, 'turn');
};
const claims = (message: Json) =>
  ((message.entities ?? []) as Json[]).flatMap(({ citation }) => (citation ?? []) as Json[]);

test('what an answer links to is cited, and referred to below its words, once it is complete', () => {
  const text =
    'See [the **guide**](https://docs.example.com/a), [again](https://docs.example.com/a) and [b](https://docs.example.com/b).';
  const message = last(view(text));
  expect(message.text).toBe(`${text}\n\n---\n\nSources: [1] [2]`);
  expect(claims(message)).toEqual([
    {
      '@type': 'Claim',
      position: 1,
      appearance: {
        '@type': 'DigitalDocument',
        name: 'the guide',
        url: 'https://docs.example.com/a',
        abstract: 'https://docs.example.com/a',
      },
    },
    expect.objectContaining({ position: 2 }),
  ]);
  expect(claims(last(view(text), false))).toEqual([]);
});

test('only what may be linked to is cited', () => {
  const mayLink = (host: string) => host === 'docs.example.com';
  const text = withoutLinks(
    '[good](https://docs.example.com/a) [bad](https://evil.example/x) [run](javascript:alert(1)) ![p](https://docs.example.com/p.png)',
    mayLink,
  );
  expect(citationsOf(text).list.map(({ url }) => url)).toEqual(['https://docs.example.com/a']);
});

test('what stands in code is no source', () => {
  const text =
    'Use `[a](https://a.example)`:\n```md\n[b](https://b.example)\n```\n``c ` [c](https://c.example)``';
  expect(citationsOf(text)).toEqual({ list: [], line: '' });
});

test('sources that the agent counts itself keep their numbers, and are not counted anew', () => {
  const text =
    'It is so [2], and so [3].\n\n[2]: https://docs.example.com/two The second\n[3] https://docs.example.com/three\n[4]: https://docs.example.com/unused';
  expect(citationsOf(text)).toEqual({
    list: [
      { position: 2, url: 'https://docs.example.com/two', name: 'The second' },
      { position: 3, url: 'https://docs.example.com/three', name: 'docs.example.com' },
    ],
    line: '',
  });
});

test('numbers that the words use for something else are left to them', () => {
  const { list } = citationsOf('`list` holds list[1] and list[2]; see [it](https://docs.example.com).');
  expect(list).toEqual([{ position: 3, name: 'it', url: 'https://docs.example.com' }]);
});

test('in a personal chat, what a notice tells to write can be pressed; elsewhere nobody is given words', () => {
  const locked = view('', { notice: notice('sign_in_needed') });
  expect(last(locked, true, true).suggestedActions).toEqual({
    actions: [{ type: 'imBack', title: 'link', value: 'link' }],
  });
  expect(last(locked).suggestedActions).toBeUndefined();
  expect(last(view('42'), true, true).suggestedActions).toBeUndefined();
});

test('only the agent’s words carry the label for AI', () => {
  expect(last(view('42')).entities).toEqual([
    expect.objectContaining({ type: 'https://schema.org/Message', additionalType: ['AIGeneratedContent'] }),
  ]);
  expect(last(view('', { notice: notice('internal') })).entities).toBeUndefined();
});

test('whatever stands below the words, no message is larger than Teams takes, and nothing is left out', () => {
  const text = `${'A line with “words” and a [link](https://docs.example.com/a).\n'.repeat(350)}`;
  const tasks = Array.from({ length: 60 }, (_, i) => ({
    id: `${i}`,
    title: `Ünïcödé step ${i} ünd möre wörds`,
    state: 'complete' as const,
  }));
  const remarks = Array.from({ length: 5 }, (_, i) => `${i} ${'ä'.repeat(1_000)}`);
  for (let length = 20_000; length <= 22_500; length += 250) {
    const parts = partsOf(view(text.slice(0, length), { tasks, notice: notice('agent_failed') }), true, {
      files: { pictures: [], remarks },
    });
    const messages = parts.map((part) => JSON.stringify(messageOf(part, 'turn-abcdefghijklmnopqrst')));
    for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThan(28_000);
    expect(parts.map((part) => part.text).join('')).toBe(text.slice(0, length));
    const all = messages.join('');
    for (const said of [...remarks, 'step 0 ', notice('agent_failed').text, 'Sources: [1]', '"position":1'])
      expect(all).toContain(said);
  }
});

test('a status has no tag, picture or mention, and reads as it was written', () => {
  const status =
    'Ask <at>all</at> <img src="//evil.rocks/x"> ![x](https://docs.example.org/x.png) if a < b & c';
  const shown = statusOf(partsOf(view('', { status }), false)[0] ?? { text: '', status, tasks: [] });
  expect(shown).not.toMatch(/<[a-z/]|!\[/);
  expect(shown.replaceAll('\u200b', '')).toBe(status);
});

test.each([
  ['is thinking…', 'Thinking…'],
  ['is working · 20 seconds', 'Working · 20 seconds'],
  ['is the bucket public?', 'is the bucket public?'],
])('nothing stands before a status in Teams: “%s” reads “%s”', (status, shown) => {
  const [part] = partsOf(view('', { status, long: true }), false);
  expect(part && statusOf(part)).toBe(shown);
  expect(JSON.stringify(part && messageOf(part, 'turn-1'))).toContain(`"${shown}"`);
});

test('while an answer has only empty lines, its message says what goes on', () => {
  const [part] = partsOf(view('\n\n', { status: 'Looking at instances', long: true }), false);
  const chunk = part && streamChunk(part, { id: undefined, sequence: 1 });
  expect(chunk).toMatchObject({ text: 'Looking at instances', entities: [{ streamType: 'informative' }] });
  expect(part && messageOf(part, 'turn-1')).toMatchObject({ text: 'Working on it…' });
});
