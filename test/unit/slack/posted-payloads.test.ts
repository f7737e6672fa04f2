import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { expect, it } from 'vitest';
import { secretIn } from '../../../src/chat/secrets.ts';
import { messageOf, partsOf } from '../../../src/slack/render.ts';
import { caseOf, isWelcome, linksIn, type Node, viewsOf } from '../turns/hostile-answers.ts';

/**
 * What an agent in the wrong hands may write, and what of it is alive in the messages that are posted. An independent
 * parser reads them as Slack does. `PAYLOADS=100000` is the long run.
 */
const CASES = Number(process.env.PAYLOADS ?? 1_500);
const FIRST = Number(process.env.PAYLOAD_SEED ?? 1);

/** Every text that Slack reads for markup: of its own, or Markdown. Cells of tables are plain. */
function textsIn(value: unknown): { readonly text: string; readonly markdown: boolean }[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  const { type, text, ...rest } = value as Record<string, unknown>;
  const own = typeof text === 'string' && type !== 'raw_text' && type !== 'text' && type !== 'plain_text';
  return [
    ...(own ? [{ text, markdown: type === 'markdown' }] : textsIn(text)),
    ...textsIn(Object.values(rest)),
  ];
}

it('no mention, foreign link or secret is alive in what is posted, however it was written and cut', {
  timeout: 3_600_000,
}, async () => {
  const flaws: string[] = [];
  for (let seed = FIRST; seed < FIRST + CASES && flaws.length < 5; seed += 1) {
    const given = caseOf(seed);
    for (const view of await viewsOf(given)) {
      for (const part of partsOf(view, true)) {
        const message = messageOf(part, 'turn-1');
        const posted = textsIn(message);
        for (const { text, markdown } of posted) {
          if (/<[@!#]|<https?:|<[^\s<>]*\|/.test(text)) flaws.push(`${seed} markup: ${text.slice(0, 200)}`);
          if (!markdown && /https?:\/\/(?!docs\.example\.org[\s/)\]]|docs\.example\.org$)/i.test(text))
            flaws.push(`${seed} address: ${text.slice(0, 200)}`);
          if (!markdown) continue;
          const tree = fromMarkdown(text.replaceAll('&lt;', '\\<').replaceAll('&gt;', '\\>'), {
            extensions: [gfm()],
            mdastExtensions: [gfmFromMarkdown()],
          }) as Node;
          for (const url of linksIn(tree))
            if (!isWelcome(url)) flaws.push(`${seed} link: ${url} in ${text.slice(0, 200)}`);
        }
        if (given.secret && JSON.stringify(message).includes(JSON.stringify(given.secret).slice(1, -1)))
          flaws.push(`${seed} secret: ${given.secret}`);
        if (posted.some(({ text }) => secretIn(text) !== undefined)) flaws.push(`${seed} has a secret`);
      }
    }
  }
  expect(flaws).toEqual([]);
});
