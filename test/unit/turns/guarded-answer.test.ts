import { describe, expect, it } from 'vitest';
import { linkHosts } from '../../../src/chat/links.ts';
import { secretIn } from '../../../src/chat/secrets.ts';
import type { ReplyFile, ReplyView } from '../../../src/chat/vocabulary.ts';
import { createGate } from '../../../src/guardrails/gate.ts';
import { judge } from '../../../src/guardrails/judge.ts';
import { createGuardedAnswer } from '../../../src/turns/guarded-answer.ts';
import { makeSecret } from '../chat/known-secrets.ts';
import { createPassingTime } from '../guardrails/passing-time.ts';
import { answerOf } from '../guardrails/scripted-guardrail.ts';

const NAME = 'Alice Smith';
const EVIL = 'https://evil.com/x';
const CALL_MS = 300;

function open({ shadow = false, off = false } = {}) {
  const secrets: string[] = [];
  const time = createPassingTime();
  const views: ReplyView[] = [];
  const asked: (readonly string[])[] = [];
  const answer = createGuardedAnswer({
    openGate: off
      ? undefined
      : (on) =>
          createGate({
            ...on,
            async check(texts) {
              asked.push(texts);
              await time.pause(CALL_MS);
              return judge(answerOf(texts, { masked: [NAME], blocked: ['buy gold'] }), texts);
            },
            forbidden: secretIn,
            after: time.after,
            now: time.now,
            signal: new AbortController().signal,
          }),
    shadow,
    onSecret: () => void secrets.push('secret'),
    mayLink: linkHosts(new Set(['docs.example.org'])),
    show: (view) => void views.push(view),
  });
  return {
    ...{ time, answer, views, asked, secrets },
    async finish(view: ReplyView) {
      const finished = answer.finish(view);
      await time.pass();
      return await finished;
    },
  };
}

const fileOf = (more: Partial<ReplyFile>, words = 'a,b'): ReplyFile => ({
  ...{ name: 'a.csv', title: 'A', alt: 'A table', mediaType: 'text/csv' },
  base64: Buffer.from(words).toString('base64'),
  ...more,
});
const taskOf = (title: string, detail?: string) => ({
  ...{ id: '1', title, state: 'complete' as const },
  ...(detail === undefined ? {} : { detail }),
});

/** Every place for words beside the text of an answer. */
const PLACES: Readonly<Record<string, (words: string) => ReplyView>> = {
  'a status': (words) => ({ text: '', tasks: [], status: words }),
  'the title of a step': (words) => ({ text: '', tasks: [taskOf(words)] }),
  'the detail of a step': (words) => ({ text: '', tasks: [taskOf('List', words)] }),
  'the name of a file': (words) => ({ text: '', tasks: [], files: [fileOf({ name: words })] }),
  'the title of a file': (words) => ({ text: '', tasks: [], files: [fileOf({ title: words })] }),
  'the description of a file': (words) => ({ text: '', tasks: [], files: [fileOf({ alt: words })] }),
  'a file': (words) => ({ text: '', tasks: [], files: [fileOf({}, words)] }),
};
/** All words of a view, those in its files included. */
const wordsOf = (view: ReplyView) =>
  JSON.stringify(view) +
  (view.files ?? []).map(({ base64 }) => Buffer.from(base64, 'base64').toString()).join('\n');

describe.each(Object.keys(PLACES))('words in %s', (place) => {
  const viewOf = (words: string) => PLACES[place]?.(words) ?? { text: '', tasks: [] };

  it('are shown once they were checked, with what is masked in them, and lead nowhere', async () => {
    const { answer, views, time } = open();
    answer.take(viewOf(`by ${NAME}, see ${EVIL}`));
    expect(views.map(wordsOf).join('\n')).not.toMatch(/see|Alice/);
    await time.pass();
    const shown = views.at(-1);
    expect(shown && wordsOf(shown)).toContain('by {NAME}');
    if (place !== 'a file') expect(shown && wordsOf(shown)).toContain('https[:]//evil[.]com');
    expect(views.map(wordsOf).join('\n')).not.toContain('Alice');
  });

  it.each([
    ['a policy', 'now buy gold'],
    ['our own rule', `it is ${makeSecret('github', 1)}`],
  ])('end the answer where %s minds them, and are not shown', async (_whose, words) => {
    const { answer, views, finish } = open();
    answer.take(viewOf(words));
    const { view, block } = await finish(viewOf(words));
    expect(block).toBeDefined();
    expect(answer.blocked.aborted).toBe(true);
    expect([...views, view].map(wordsOf).join('\n')).not.toContain(words.slice(-10));
  });

  it('are shown as they are where the gate only looks on', async () => {
    const { answer, views } = open({ shadow: true });
    answer.take(viewOf(`by ${NAME}`));
    expect(views.map(wordsOf).join('\n')).toContain(NAME);
  });
});

it('of statuses that follow each other fast those are checked whose turn comes, and the last is shown', async () => {
  const { answer, views, time, asked } = open();
  for (let i = 0; i <= 100; i += 1) answer.take({ text: '', tasks: [], status: `Step ${i}` });
  await time.pass();
  await time.pass();
  expect(views.at(-1)?.status).toBe('Step 100');
  expect(asked.flat()).toEqual(['Step 0', 'Step 100']);
});

it('an answer that is withheld stops its agent, and nothing of it is shown from then on', async () => {
  const { answer, views, time, finish } = open();
  const begun = 'some words '.repeat(40);
  answer.take({ text: begun, tasks: [] });
  await time.pass();
  const text = `${begun}now buy gold ${'more words '.repeat(60)}`;
  answer.take({ text, tasks: [] });
  await time.pass();
  expect(answer.blocked.aborted).toBe(true);
  const shown = views.length;
  answer.take({ text: `${text} and on`, tasks: [taskOf('List')] });
  const { view, block } = await finish({ text: `${text} and on`, tasks: [taskOf('List')], status: 'x' });
  expect(block).toMatchObject({ policy: 'topic' });
  expect(views).toHaveLength(shown);
  expect(begun.startsWith(view.text)).toBe(true);
  expect(view).toEqual({ text: view.text, tasks: [] });
});

describe.each([
  ['only looks on', { shadow: true }],
  ['is not there', { off: true }],
])('where the gate %s', (_how, mode) => {
  const secret = makeSecret('github', 1);

  it('the words are shown as they come in, but for the one that is not whole', async () => {
    const { answer, views, finish } = open(mode);
    answer.take({ text: 'so says Alice Sm', tasks: [] });
    expect(views.at(-1)?.text).toBe('so says Alice ');
    const { view, block } = await finish({ text: 'so says Alice Smith', tasks: [] });
    expect([view.text, block]).toEqual(['so says Alice Smith', undefined]);
  });

  it.each([
    ['with more behind it', `${secret} and so on`],
    ['at the very end', secret],
  ])('a secret ends the answer, %s: nothing of it is shown, and it is told once', async (_where, rest) => {
    const { answer, views, secrets, finish } = open(mode);
    const text = `The key is ${rest}`;
    for (let i = 0; i <= text.length; i += 1) answer.take({ text: text.slice(0, i), tasks: [] });
    const { view, block } = await finish({ text, tasks: [], status: 'x' });
    expect(block).toMatchObject({ policy: 'secret' });
    expect(answer.blocked.aborted).toBe(true);
    expect(view).toEqual({ text: 'The key is ', tasks: [] });
    expect([...views, view].map(wordsOf).join()).not.toContain(secret.slice(0, 5));
    expect(secrets).toEqual(['secret']);
  });

  it.each(Object.entries(PLACES))('a secret in %s ends it, and is not shown', async (_place, viewOf) => {
    const { answer, views, secrets, finish } = open(mode);
    answer.take({ text: 'All is well. ', tasks: [] });
    const hostile = { ...viewOf(`it is ${secret}`), text: 'All is well. ' };
    answer.take(hostile);
    expect(answer.blocked.aborted).toBe(true);
    const { view, block } = await finish(hostile);
    expect(block).toMatchObject({ policy: 'secret' });
    expect(view.text).toBe('All is well. ');
    expect([...views, view].map(wordsOf).join()).not.toContain(secret.slice(0, 5));
    expect(secrets).toEqual(['secret']);
  });
});
