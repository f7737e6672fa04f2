/** What a person can ask of the bot itself, in the same words after a mention, in a direct message or as `/agent …`. */
export type Command =
  | { readonly name: 'help' }
  /** `all`: also the questions that wait. */
  | { readonly name: 'stop'; readonly all: boolean }
  | { readonly name: 'status' }
  /** The company account of the person: sign in, forget, show. */
  | { readonly name: 'link' | 'unlink' | 'whoami' };

/** Reads a command; undefined for anything else, which is a question. Only the exact words count. Pure. */
export function parseCommand(text: string): Command | undefined {
  const words = text
    .trim()
    .replace(/^\//, '')
    .replace(/[?!.]+$/, '')
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .join(' ');
  switch (words) {
    case 'help':
      return { name: 'help' };
    case 'stop':
      return { name: 'stop', all: false };
    case 'stop all':
      return { name: 'stop', all: true };
    case 'status':
    case 'link':
    case 'unlink':
    case 'whoami':
      return { name: words };
    default:
      return undefined;
  }
}
