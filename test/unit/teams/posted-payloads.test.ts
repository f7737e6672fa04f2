import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { expect, it } from 'vitest';
import { secretIn } from '../../../src/chat/secrets.ts';
import { messageOf, partsOf } from '../../../src/teams/render.ts';
import { caseOf, isWelcome, linksIn, type Node, viewsOf } from '../turns/hostile-answers.ts';

/**
 * What of it is alive in the messages that are posted to Teams. An independent parser reads them, with the HTML that Teams
 * lets through. `PAYLOADS=100000` is the long run.
 */
const CASES = Number(process.env.PAYLOADS ?? 1_500);
const FIRST = Number(process.env.PAYLOAD_SEED ?? 1);

/** A tag that could load or lead to something. */
const ATTRIBUTES = /^<[a-z][a-z0-9-]*[\s/]+[^\s>]/i;

const nodesIn = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(nodesIn)];

it('no mention, picture, tag, foreign link or secret is alive in what is posted, however it was written and cut', {
  timeout: 3_600_000,
}, async () => {
  const flaws: string[] = [];
  for (let seed = FIRST; seed < FIRST + CASES && flaws.length < 5; seed += 1) {
    const given = caseOf(seed);
    for (const view of await viewsOf(given)) {
      for (const part of partsOf(view, true)) {
        const message = messageOf(part, 'turn-1');
        const text = String(message.text);
        const tree = fromMarkdown(text, {
          extensions: [gfm()],
          mdastExtensions: [gfmFromMarkdown()],
        }) as Node;
        const nodes = nodesIn(tree);
        for (const { type, value = '' } of nodes)
          if (/^(?:image|definition)/.test(type) || (type === 'html' && ATTRIBUTES.test(value)))
            flaws.push(`${seed} ${type}: ${value} in ${text}`);
        for (const url of linksIn(tree)) if (!isWelcome(url)) flaws.push(`${seed} link: ${url} in ${text}`);
        const all = JSON.stringify(message);
        if (all.includes('"mention"')) flaws.push(`${seed} mention`);
        if (secretIn(text) !== undefined) flaws.push(`${seed} has a secret`);
      }
    }
  }
  expect(flaws).toEqual([]);
});
