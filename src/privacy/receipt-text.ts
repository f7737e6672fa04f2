import type { Receipt } from './erase.ts';

/** What a person reads when they were forgotten. Pure. */
export function receiptText({ counts, accounts, entry }: Receipt): string {
  const lines = LINES.flatMap(([name, one, many]) => {
    const count = counts[name];
    return count === 0 ? [] : [`• ${count === 1 ? `1 ${one}` : `${count} ${many}`}`];
  });
  const also =
    accounts.length > 1
      ? ` That was for all ${accounts.length} chat accounts that were linked to your company account; all of them are unlinked.`
      : '';
  return [
    `I have forgotten you.${also} Erased:`,
    ...(lines.length > 0 ? lines : ['• nothing: I kept nothing about you']),
    `What stays: that this was done, without your name (entry ${entry} of the audit log), and the messages here in the chat, which belong to your workspace.`,
  ].join('\n');
}

const LINES: readonly (readonly [keyof Receipt['counts'], string, string])[] = [
  ['sessions', 'conversation', 'conversations'],
  ['memory', 'piece of what was said or learnt', 'pieces of what was said or learnt'],
  ['turns', 'question of the last days', 'questions of the last days'],
  ['feedback', 'opinion of an answer', 'opinions of answers'],
  ['settings', 'page with your settings', 'pages with your settings'],
  ['exports', 'exported file', 'exported files'],
  ['outbox', 'thing that was still to be written down', 'things that were still to be written down'],
  ['link', 'link to a company account, with its sign-in', 'links to a company account, with their sign-ins'],
];
