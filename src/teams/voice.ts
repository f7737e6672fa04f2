import type { Sender } from '../chat/vocabulary.ts';
import type { Pause } from '../turns/pace.ts';
import { attached, type Json } from './cards.ts';
import type { CallPlace, Connector } from './connector.ts';
import { teamsFailure } from './failures.ts';
import type { Reference, References } from './references.ts';
import { escapeText } from './text.ts';

/** Plain words, with a card below or in their place. */
export interface Word {
  readonly text: string;
  readonly card?: Json;
}

export interface VoiceDeps {
  readonly connector: Connector;
  readonly references: Pick<References, 'contactOf'>;
  readonly insist: Insist;
}

/** Nobody can be written to alone who has never been heard of, or has not let the bot in. */
export class NoPrivateChat extends Error {
  constructor(options?: ErrorOptions) {
    super('there is no personal chat with this person', options);
    this.name = 'NoPrivateChat';
  }
}

const TRIES = 3;
/** Later than this, nobody would know any more what it is about. */
const PATIENCE_MS = 30_000;

/** Makes a call until it was carried out, or nobody waits for it any more. Throws what it threw last. */
export type Insist = <T>(call: () => Promise<T>) => Promise<T>;

export type Voice = ReturnType<typeof createVoice>;

/** Only what was certainly not carried out is tried again: nothing is said twice. `closing` ends all waiting. */
export function createInsist(pause: Pause, closing: AbortSignal): Insist {
  return async (call) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await call();
      } catch (error) {
        const failure = teamsFailure(error);
        const again = failure?.kind === 'rate_limited' || failure?.kind === 'not_sent';
        const waitMs = failure?.kind === 'rate_limited' ? failure.waitMs : 500 * tries;
        if (!again || tries >= TRIES || waitMs > PATIENCE_MS) throw error;
        await pause(waitMs, closing);
      }
    }
  };
}

/** What the bot says besides its answers. Every method throws when it could not be said. */
export function createVoice({ connector, references, insist }: VoiceDeps) {
  const say = async (place: CallPlace, word: Word): Promise<void> => {
    await insist(() => connector.send(place, messageOf(word)));
  };

  /** The personal chat of one person with the bot. Throws NoPrivateChat where there is none. */
  async function alone(person: Sender): Promise<CallPlace> {
    const contact = await references.contactOf(person);
    if (!contact) throw new NoPrivateChat();
    const { serviceUrl, account, bot, chat } = contact;
    if (chat !== undefined) return { serviceUrl, conversation: chat };
    const open = () =>
      connector.openChat(serviceUrl, {
        isGroup: false,
        bot,
        members: [{ id: account }],
        tenantId: person.tenant,
        channelData: { tenant: { id: person.tenant } },
      });
    try {
      return { serviceUrl, conversation: await insist(open) };
    } catch (error) {
      if (teamsFailure(error)?.kind === 'refused') throw new NoPrivateChat({ cause: error });
      throw error;
    }
  }

  return {
    alone,

    /** In a conversation, for all to read. */
    say: (reference: Reference, word: Word) => say(reference, word),

    /** To one person, in their personal chat with the bot. Throws NoPrivateChat where there is none. */
    async sayAlone(person: Sender, word: Word): Promise<void> {
      await say(await alone(person), word);
    },
  };
}

export function messageOf({ text, card }: Word): Json {
  return {
    type: 'message',
    textFormat: 'markdown',
    // A card says it all; notifications show the text.
    ...(card ? { summary: text, attachments: [attached(card)] } : { text: escapeText(text) }),
  };
}
