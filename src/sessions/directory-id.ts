import { memoryActor } from '../contract/memory.ts';

/** Under which name a person's sessions are kept, here as in Memory: short, and without the ids of accounts in clear. */
export const directoryId = memoryActor;
