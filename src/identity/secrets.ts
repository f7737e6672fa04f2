import { nameOf } from '../chat/digest.ts';

const SECRET = /^[\w-]{43}$/;

/** 256 random bits for somebody's browser to carry, in base64url. */
export const newSecret = (randomBytes: (size: number) => Uint8Array): string =>
  Buffer.from(randomBytes(32)).toString('base64url');

/** Whether a text can be a secret of ours at all. */
export const isSecret = (text: string | undefined): text is string => text !== undefined && SECRET.test(text);

/** The name under which Redis knows a secret: not the secret itself. */
export const digestOf = (
  kind: 'ticket' | 'browser' | 'state' | 'proposal' | 'consent',
  secret: string,
): string => nameOf([kind, secret]);
