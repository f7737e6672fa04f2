import type { InboundMessage, NoticeCode } from '../chat/vocabulary.ts';

/** What the bot answers without asking the agent; undefined when the question is for the agent. */
export function localAnswer(message: Pick<InboundMessage, 'text' | 'files'>): NoticeCode | undefined {
  const text = message.text.trim();
  if (text === '') return message.files.length > 0 ? 'file_without_question' : 'empty_question';
  if (/^\/?help\s*[?!.]?$/i.test(text)) return 'help';
  return undefined;
}
