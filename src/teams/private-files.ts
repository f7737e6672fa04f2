import type { Sender } from '../chat/vocabulary.ts';
import type { Delivery } from '../privacy/privacy.ts';
import type { Json } from './cards.ts';
import type { Connector } from './connector.ts';
import type { StagedFiles } from './staged-files.ts';
import { type Insist, messageOf, type Voice } from './voice.ts';

export interface PrivateFilesDeps {
  readonly connector: Pick<Connector, 'send' | 'update'>;
  readonly voice: Pick<Voice, 'alone'>;
  readonly staged: StagedFiles;
  readonly insist: Insist;
}

const CONSENT_TYPE = 'application/vnd.microsoft.teams.card.file.consent';

/**
 * Files for one person, in their personal chat with the bot. Teams lets a bot put a file nowhere by itself: it asks the
 * person (a file consent card), and what they accept goes into their own OneDrive. Until then it is kept here.
 */
export function createPrivateFiles({ connector, voice, staged, insist }: PrivateFilesDeps) {
  return {
    /** Throws NoPrivateChat where there is none. */
    deliverTo(person: Sender): Delivery {
      let first: string | undefined;
      return {
        afterwards:
          'Take each of them below within ten minutes. It is put into your own OneDrive then, where nobody but you can delete it.',
        async say(text) {
          const place = await voice.alone(person);
          const message = messageOf({ text });
          const id = first;
          if (id === undefined) first = await insist(() => connector.send(place, message));
          else await insist(() => connector.update(place, id, message));
        },
        async give(name, text, named) {
          const place = await voice.alone(person);
          const id = staged.nextId();
          await named(id);
          await staged.keep(id, person, name, text);
          await insist(() => connector.send(place, consentMessage(id, name, Buffer.byteLength(text))));
        },
      };
    },

    /** What was taken already is the person's own, and stays. */
    remove: (_person: Sender, file: string): Promise<void> => staged.drop(file),
  };
}

function consentMessage(file: string, name: string, sizeInBytes: number): Json {
  const content = {
    description: 'Everything that I keep about you. It is for you alone.',
    sizeInBytes,
    acceptContext: { file },
    declineContext: { file },
  };
  return { type: 'message', attachments: [{ contentType: CONSENT_TYPE, name, content }] };
}
