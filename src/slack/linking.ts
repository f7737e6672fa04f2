import type { BlockAction } from '@slack/bolt';
import type { AccountCommands } from '../commands/account.ts';
import type { Admitted } from './admitted.ts';
import type { Background } from './background.ts';
import { pressedValue, presser } from './interactions.ts';
import { escapeText } from './text.ts';
import type { Whisper } from './whisper.ts';

export interface LinkingDeps {
  readonly admitted: Admitted;
  readonly account: Pick<AccountCommands, 'answer'>;
  readonly background: Background;
  readonly whisper: Whisper;
}

/** Puts words in the place of the message that was pressed in, and of its buttons. */
export type Replace = (text: string) => Promise<void>;

/** What people press when they are asked whether it was they who signed in. Throws when it could not be stored. */
export function createLinking(deps: LinkingDeps) {
  return async (body: BlockAction, yes: boolean, replace: Replace): Promise<void> => {
    const who = presser(body);
    if (!deps.admitted(who)) return;
    const text = await deps.account.answer(pressedValue(body), who, yes);
    deps.background('the buttons of a question could not be taken away', async () => {
      try {
        await replace(escapeText(text));
      } catch (error) {
        deps.whisper(who, escapeText(text));
        throw error;
      }
    });
  };
}
