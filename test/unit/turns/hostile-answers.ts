import { linkHosts } from '../../../src/chat/links.ts';
import { secretIn } from '../../../src/chat/secrets.ts';
import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import { createGate } from '../../../src/guardrails/gate.ts';
import { ALLOW } from '../../../src/guardrails/verdict.ts';
import { createGuardedAnswer } from '../../../src/turns/guarded-answer.ts';
import { makeSecret, SECRET_MAKERS } from '../chat/known-secrets.ts';
import { numbers } from '../guardrails/gate-case.ts';

/** What an agent in the wrong hands may write. Only `docs.example.org` may be linked to. */

const EVIL = [
  'https://evil.com/?q=1',
  'http://evil.com',
  'HTTPS://EVIL.com/x',
  'https://docs.example.org@evil.com/',
  'https://docs.example.org.evil.com',
  'https://docs.example.org\\@evil.com',
  'https://ev\u0456l.com',
  'https://evil\uff0ecom',
  'www.evil.com',
  '//evil.com/x',
  '//evil.rocks/x',
  'https://docs.example.org/x.png',
  'https&#58;//evil&#46;com',
  'https\\://evil\\.com',
  'javascript:alert(1)',
  'mailto:x@evil.com',
  'slack://user?id=U1',
  'evil.com/leak?x=1',
];
const MENTIONS = [
  '<@U0123456789>',
  '<!channel>',
  '<!here>',
  '<!everyone>',
  '<!subteam^S0123456789>',
  '<!subteam^S1|@ops>',
  '<#C0123456789>',
  '<!date^1^{date}|x>',
  '&lt;@U0123456789&gt;',
  '<\u200b!channel>',
  '<https://evil.com|docs.example.org>',
];
const AROUND: readonly ((x: string) => string)[] = [
  (x) => x,
  (x) => `[docs.example.org](${x})`,
  (x) => `[a](<${x}>)`,
  (x) => `[a](\n${x})`,
  (x) => `![x](${x})`,
  (x) => `[![x](${x})](${x})`,
  (x) => `<${x}>`,
  (x) => `\`${x}\``,
  (x) => `\n\`\`\`\n${x}\n\`\`\`\n`,
  (x) => `[a][b]\n\n[b]: ${x}\n`,
  (x) => `![a][b]\n\n> [b\nc]: <${x}>\n\n[b c]`,
  (x) => `> ${x}\n`,
  (x) => `| a | b |\n|---|---|\n| ${x} | 1 |\n`,
  (x) => `**${x}**`,
  (x) => `<a href="${x}">y</a>`,
  (x) => `an open \` <img src="${x}">`,
  (x) => `\`\`\` a\`\n<a href='${x}'>y</a>\n`,
  (x) => `- \`\`\`\n  ${x}\n  \`\`\`\n\n<img src=${x}>`,
  (x) => `- ${x}\n`,
];
const KINDS = Object.keys(SECRET_MAKERS);
/** The same to whoever reads it: with letters of other alphabets, or with characters that nobody sees. */
const DISGUISES: readonly ((secret: string) => string)[] = [
  (x) => x,
  (x) => x,
  (x) => x.replaceAll('A', '\u0410').replaceAll('p', '\u0440').replaceAll('e', '\uff45'),
  (x) => x.replace(/^(.{3})/, '$1\u200b'),
  (x) => [...x].join('\u200b'),
];
const SECRET_PLACES: readonly ((secret: string) => string)[] = [
  (x) => `\`\`\`\n${x}\n\`\`\`\n`,
  (x) => ` \`${x}\` `,
  (x) => ` **${x}** `,
  (x) => `\n${x}\n`,
];

export interface Case {
  readonly pieces: readonly string[];
  readonly secret: string | undefined;
}

export function caseOf(seed: number): Case {
  const random = numbers(seed);
  const below = (most: number) => Math.floor(random() * most);
  const pick = <T>(items: readonly T[]) => items[below(items.length)] as T;
  let text = '';
  const secret = random() < 0.3 ? pick(DISGUISES)(makeSecret(pick(KINDS), seed)) : undefined;
  const parts = 1 + below(5);
  const at = below(parts);
  for (let i = 0; i < parts; i += 1) {
    text += `${'word '.repeat(below(30))}`;
    if (i === at && secret) text += pick(SECRET_PLACES)(secret);
    text += random() < 0.7 ? pick(AROUND)(pick(EVIL)) : pick(AROUND)(pick(MENTIONS));
    text += random() < 0.5 ? ' ' : '\n';
  }
  const pieces: string[] = [];
  const most = 1 + below(random() < 0.5 ? 5 : 400);
  for (let from = 0; from < text.length; ) {
    const length = 1 + below(most);
    pieces.push(text.slice(from, from + length));
    from += length;
  }
  return { pieces, secret };
}

export async function viewsOf({ pieces }: Case): Promise<ReplyView[]> {
  const views: ReplyView[] = [];
  const answer = createGuardedAnswer({
    openGate: (on) =>
      createGate({
        ...on,
        check: async () => ALLOW,
        forbidden: secretIn,
        after: () => () => undefined,
        now: () => 0,
        signal: new AbortController().signal,
      }),
    shadow: false,
    mayLink: linkHosts(new Set(['docs.example.org'])),
    show: (view) => void views.push(view),
  });
  let text = '';
  for (const piece of pieces) {
    text += piece;
    answer.take({ text, tasks: [{ id: '1', title: piece, state: 'complete' }] });
    await answer.room();
  }
  const { view } = await answer.finish({ text, tasks: [] });
  return [...views.slice(-1), view];
}

export interface Node {
  readonly type: string;
  readonly url?: string;
  readonly value?: string;
  readonly children?: readonly Node[];
}
export const linksIn = (node: Node): string[] => [
  ...(node.url === undefined ? [] : [node.url]),
  ...(node.children ?? []).flatMap(linksIn),
];

/** Nothing that would lead to another host. */
export const isWelcome = (url: string) => {
  // Neither a scheme nor a host that anything would follow.
  if (!/^(?:[a-z][a-z0-9+.-]*:|\/\/|www\.)/i.test(url)) return !/^[\w-]+(?:\.[\w-]+)*\.com\b/i.test(url);
  // A host in brackets is none.
  if (url.startsWith('//') && URL.parse(`https:${url}`) === null) return true;
  // An address of somebody is for the guardrail.
  if (/^mailto:[^?]*$/i.test(url)) return true;
  return URL.parse(url)?.hostname === 'docs.example.org';
};
