import { randomInt } from 'node:crypto';
import { randomText } from '../directory/directory.ts';

/** A password of at least that length which satisfies every policy. */
export function temporaryPassword(minimumLength: number): string {
  return `Aa${randomInt(10)}-${randomText(Math.max(12, minimumLength))}`;
}
