import type { Asker } from '../commands/account.ts';
import type { ConversationAnswer } from '../commands/conversation-answers.ts';
import type { ConversationActions } from '../commands/conversations.ts';
import {
  SESSION_ARCHIVE,
  SESSION_DELETE,
  SESSION_HISTORY,
  SESSION_NEW,
  SESSION_RENAME,
  SESSION_RESTORE,
  SESSION_RESUME,
  SESSIONS_FIRST,
  SESSIONS_NEXT,
  SESSIONS_OTHER,
  SESSIONS_SEARCH,
  SESSIONS_TIDY,
} from '../commands/session-buttons.ts';
import { NAME_MISSING, NO_LONGER_THERE, tagsIn } from '../commands/session-words.ts';
import { archiveIdle } from '../commands/tidying.ts';
import { linesCard, wordOf } from './answer-cards.ts';
import { type Json, linkCard } from './cards.ts';
import type { PressData } from './press-data.ts';
import {
  type CardState,
  confirmDeleteCard,
  listCard,
  renameCard,
  SESSION_ASK_DELETE,
  SESSION_SAVE,
} from './session-cards.ts';

/** Somebody pressed a button of a list of conversations. */
export interface SessionPress {
  readonly asker: Asker;
  readonly data: PressData;
  readonly state: CardState;
  /** Names the press: however often it is delivered, it counts once. */
  readonly claim: string;
}

/** What the presser sees next: another card, or only words that the list goes with. */
type Next = { readonly card: Json } | { readonly said: string };

/**
 * The buttons of conversations. Whoever presses is asked for their own conversations, whatever the card says. Answers the
 * card that takes the place of the one that was pressed in; undefined for what is malformed, or is none of these buttons.
 * Throws when something could not be stored.
 */
export function createSessionPresses(conversations: ConversationActions) {
  const listed = async ({ asker, state }: SessionPress, said = ''): Promise<Json> => {
    const answer = await conversations.list(asker, state.list);
    if (answer.shown?.kind === 'sessions') return listCard(answer.shown, state, said);
    return answer.button ? linkCard(answer.text, answer.button) : cardOf(answer, state, said);
  };

  /** What was looked up; without anything to show, why that is, above the list. */
  const found = ({ state }: SessionPress, answer: ConversationAnswer): Next =>
    answer.shown || answer.button ? { card: cardOf(answer, state) } : { said: answer.text };
  const changed = ({ state }: SessionPress, answer: ConversationAnswer): Next =>
    answer.button ? { card: cardOf(answer, state) } : { said: answer.text };

  async function ofSession(verb: string, id: string, press: SessionPress): Promise<Next | undefined> {
    const { asker, data, state, claim } = press;
    switch (verb) {
      case SESSION_RESUME: {
        const answer = await conversations.resume(asker, { id }, claim);
        return answer ? found(press, answer) : { said: '' };
      }
      case SESSION_HISTORY:
        return found(press, await conversations.history(asker, { id }));
      case SESSION_ARCHIVE:
        return changed(press, await conversations.archive(asker, { id }));
      case SESSION_RESTORE:
        return changed(press, await conversations.restore(asker, { id }));
      case SESSION_DELETE:
        return changed(press, await conversations.remove(asker, { id }));
      case SESSION_RENAME:
      case SESSION_ASK_DELETE: {
        const entry = await conversations.entryOf(asker, id);
        if (!entry) return { said: NO_LONGER_THERE };
        return { card: (verb === SESSION_RENAME ? renameCard : confirmDeleteCard)(entry, state) };
      }
      case SESSION_SAVE: {
        const { name = '', tags = '', project = '' } = data;
        const answer =
          name === ''
            ? undefined
            : await conversations.edit(asker, id, { name, tags: tagsIn(tags), project });
        if ((answer?.found && !answer.refused) || answer?.button) return changed(press, answer);
        const entry = await conversations.entryOf(asker, id);
        if (!entry) return { said: NO_LONGER_THERE };
        return { card: renameCard(entry, state, answer?.text ?? NAME_MISSING) };
      }
      default:
        return undefined;
    }
  }

  async function ofList(verb: string, press: SessionPress): Promise<Next | undefined> {
    const { asker, data, state, claim } = press;
    switch (verb) {
      case SESSIONS_NEXT:
      case SESSIONS_FIRST:
      case SESSIONS_OTHER:
        return { said: '' };
      case SESSIONS_SEARCH: {
        const { find = '', talk } = data;
        if (talk && find !== '') return found(press, await conversations.search(asker, find));
        const list = { ...state.list, ...(find === '' ? {} : { words: find }) };
        return { card: await listed({ ...press, state: { ...state, list } }) };
      }
      case SESSIONS_TIDY:
        return { said: (await archiveIdle(conversations, asker, state.list)).text };
      case SESSION_NEW: {
        const answer = await conversations.startNew(asker, undefined, claim);
        return answer ? changed(press, answer) : { said: '' };
      }
      default:
        return undefined;
    }
  }

  return async (verb: string, press: SessionPress): Promise<Json | undefined> => {
    const { id } = press.data;
    const next =
      (await ofList(verb, press)) ?? (id === undefined ? undefined : await ofSession(verb, id, press));
    if (!next) return undefined;
    return 'card' in next ? next.card : listed(press, next.said);
  };
}

/** As a card, also where words would do. */
function cardOf(answer: ConversationAnswer, state: CardState, said = ''): Json {
  const word = wordOf(answer, state);
  return word.card ?? linesCard([said, word.text].filter((text) => text !== '').join('\n'));
}
