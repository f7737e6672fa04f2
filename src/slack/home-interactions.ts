import type { BlockAction } from '@slack/bolt';
import type { AccountAnswer, Asker } from '../commands/account.ts';
import type { Commands } from '../commands/commands.ts';
import { REPLY_LENGTHS } from '../contract/invocation.ts';
import type { Admitted } from './admitted.ts';
import { wordsOf } from './answer-blocks.ts';
import { type HomePeople, LANGUAGES } from './home-people.ts';
import { HOME_LANGUAGE, HOME_LENGTH, HOME_LINK, HOME_STOP, HOME_UNLINK } from './home-view.ts';
import { pressedValue } from './interactions.ts';
import type { Origin, Origins } from './origin.ts';

export interface HomeInteractionsDeps {
  readonly admitted: Admitted;
  readonly origins: Origins;
  readonly homes: Pick<HomePeople, 'setLanguage' | 'setLength' | 'changed'>;
  readonly commands: Pick<Commands, 'run' | 'stopTurn'>;
  readonly onIgnored: (why: string) => void;
}

type Press = (body: BlockAction) => Promise<void>;

/** What people press in their App Home besides the buttons of conversations. Each throws when it could not be stored. */
export function createHomeInteractions(deps: HomeInteractionsDeps): readonly (readonly [string, Press])[] {
  const { homes, commands, origins } = deps;

  /** What is done is seen in the Home; `tell`: what has to be said besides. */
  const press =
    (act: (asker: Asker, value: string) => Promise<AccountAnswer | undefined>): Press =>
    async (body) => {
      const from = await origins.of(body);
      if (!from) return deps.onIgnored('malformed');
      const { who, trigger, at } = from;
      if (!deps.admitted(who)) return;
      const answer = await act(who, pressedValue(body));
      await homes.changed(who.sender);
      if (!answer) return;
      const origin: Origin = { channel: who.key.conversation, thread: '', at, list: {} };
      origins.show({ who, trigger, origin }, async () => wordsOf({ ...answer, found: true, atWork: false }));
    };

  return [
    [HOME_LINK, press((asker) => commands.run({ name: 'link' }, asker))],
    [
      HOME_UNLINK,
      press(async (asker) => {
        await commands.run({ name: 'unlink' }, asker);
        return undefined;
      }),
    ],
    [
      HOME_STOP,
      press(async (asker, turn) => {
        const { found, text } = await commands.stopTurn(turn, asker);
        return found ? undefined : { text };
      }),
    ],
    [
      HOME_LANGUAGE,
      press(async ({ sender }, value) => {
        const language = LANGUAGES.find((one) => one === value);
        if (language) await homes.setLanguage(sender, language);
        return undefined;
      }),
    ],
    [
      HOME_LENGTH,
      press(async ({ sender }, value) => {
        const length = REPLY_LENGTHS.find((one) => one === value);
        if (length) await homes.setLength(sender, length);
        return undefined;
      }),
    ],
  ];
}
