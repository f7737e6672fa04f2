/** The managed list of profanity, as far as a stand-in needs one, and the words of a guardrail's own list. */

const STEMS =
  'fuck|motherfuck|shit|bullshit|horseshit|bitch|cunt|asshole|arsehole|dickhead|bastard|wanker|twat|prick';
const PROFANITY = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:${STEMS})(?:s|es|ed|er|ers|ing|in['’]?|y|ty|head|face)?(?![\p{L}\p{N}])`,
  'giu',
);

/** Every match as it stands in the text. */
export const findProfanity = (text: string): string[] =>
  [...text.matchAll(PROFANITY)].map(([match]) => match);

/** Where a word or phrase stands by itself; capitals make no difference. */
export function findWord(text: string, word: string): string[] {
  const escaped = word
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replace(/\s+/g, String.raw`\s+`);
  const pattern = new RegExp(String.raw`(?<![\p{L}\p{N}])${escaped}(?![\p{L}\p{N}])`, 'giu');
  return [...text.matchAll(pattern)].map(([match]) => match);
}
