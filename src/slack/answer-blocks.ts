import type { ConversationAnswer, Shown } from '../commands/conversation-answers.ts';
import { type ListState, listOf } from '../commands/session-buttons.ts';
import type { Json } from './json.ts';
import { type PrivateWord, wordsWithLink } from './link-blocks.ts';
import { section } from './pieces.ts';
import { wordsBeforeForgetting } from './privacy-blocks.ts';
import { confirmDeleteBlocks, historyBlocks, hitBlocks, listBlocks } from './session-blocks.ts';
import { escapeText } from './text.ts';

/** Slack shows no more of `text`, and reads it out where blocks are not shown. Characters. */
const TEXT_LIMIT = 3_000;

/**
 * What a command answers, as a private message. `state`: the list that is looked at. `said`: what was just done, shown
 * above it. Pure.
 */
export function wordsOf(
  { text, button, form, shown }: ConversationAnswer,
  state: ListState = {},
  said?: string,
): PrivateWord {
  if (button) return wordsWithLink(text, button);
  if (form) return wordsBeforeForgetting(text);
  const words = escapeText(text).slice(0, TEXT_LIMIT);
  if (!shown) return { text: words, blocks: [] };
  // Of a list the blocks say all that its words say; after `resume` and the like the words come first.
  const head = said ?? (shown.kind === 'history' ? firstLine(text) : '');
  return {
    text: said === undefined ? words : `${escapeText(said)}\n${words}`.slice(0, TEXT_LIMIT),
    blocks: [...(head === '' ? [] : [section(escapeText(head))]), ...shownBlocks(shown, state)],
  };
}

function shownBlocks(shown: Shown, state: ListState): Json[] {
  switch (shown.kind) {
    case 'sessions':
      return listBlocks(shown, state);
    case 'history':
      return historyBlocks(shown, listOf(state));
    case 'hits':
      return hitBlocks(shown);
    case 'confirm_delete':
      return confirmDeleteBlocks(shown.entry);
    default:
      return shown satisfies never;
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0]?.slice(0, 300) ?? '';
