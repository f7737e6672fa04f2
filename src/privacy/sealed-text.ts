import type { Sealer } from '../store/sealed.ts';

const PLAIN = 'plain:';

/** Text about a person in a record of its own, sealed where there are keys. `kind`: of the record. */
export function createSealedText(sealer: Sealer | undefined, kind: string) {
  const ownerOf = (id: string) => ({ tenant: 'people', user: id, provider: kind, version: 1 });
  return {
    seal: async (id: string, text: string): Promise<string> =>
      sealer ? sealer.seal(ownerOf(id), text) : `${PLAIN}${text}`,
    /** @throws SealedError */
    async open(id: string, sealed: string): Promise<string | undefined> {
      if (sealed.startsWith(PLAIN)) return sealed.slice(PLAIN.length);
      return (await sealer?.open(ownerOf(id), sealed))?.plaintext.toString();
    },
  };
}

/** What Redis answers for a hash, as an object. */
export const fieldsOf = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : [])));
