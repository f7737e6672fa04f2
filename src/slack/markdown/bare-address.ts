/**
 * A bare address takes what follows up to the next white space, backticks and brackets too.
 * Source: GitHub Flavored Markdown, "Autolinks (extension)". Only `http` and `https` are known.
 */
export interface BareAddress {
  /** Is the character at `at` in it? To be asked in the order of the text, within the word that it begins in. */
  holds(at: number): boolean;
}

const SCHEME = /(?:^|[^a-z])https?$/i;
const DOMAIN = /^\/\/(?![-._])(?:[^\s\p{P}\p{S}]|[-._])+/u;

/** The address whose scheme ends at the colon at `colon`, if there is one. `text` may grow. */
export function bareAddress(source: { readonly text: string }, colon: number): BareAddress | undefined {
  if (!SCHEME.test(source.text.slice(Math.max(0, colon - 6), colon))) return undefined;
  let goesOn: boolean | undefined;
  let checked = colon;
  return {
    holds(at) {
      const { text } = source;
      if (goesOn === undefined) {
        const domain = DOMAIN.exec(text.slice(colon + 1, at))?.[0];
        goesOn = domain !== undefined && !domain.split('.').slice(-2).join('').includes('_');
      }
      // What could be a link's label ends it.
      goesOn &&= !/\][([]/.test(text.slice(checked, at + 1));
      checked = at;
      return goesOn;
    },
  };
}
