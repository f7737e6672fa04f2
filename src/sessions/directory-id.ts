import { nameOf } from '../chat/digest.ts';

/** Under which name a person's sessions are kept: short, and without the ids of accounts in clear. */
export const directoryId = (actor: string): string => nameOf(['directory', actor]).slice(0, 32);
