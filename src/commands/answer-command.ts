import { notice } from '../chat/notices.ts';

/** What `/agent <words>` answers, in plain words. */
export function answerCommand(text: string): string {
  const words = text.trim();
  const help = notice('help').text;
  if (words === '' || /^help$/i.test(words)) return help;
  return `I do not know the command “${[...words].slice(0, 60).join('')}”. ${help}`;
}
