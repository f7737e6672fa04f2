import { z } from 'zod';
import { personId } from '../chat/keys.ts';

/** An account in a chat: whom a Cognito identity is linked to. */
const chatAccountSchema = z.object({
  platform: z.enum(['slack', 'teams']),
  /** The tenant of the account itself. */
  tenant: z.string(),
  id: z.string(),
});
export type ChatAccount = z.infer<typeof chatAccountSchema>;

/** Where private words about the link go. `thread` is empty where there is none. */
const placeSchema = z.object({ tenant: z.string(), conversation: z.string(), thread: z.string() });
export type Place = z.infer<typeof placeSchema>;

/** One way of writing it, so that it can be compared as text. */
export const writeAccount = ({ platform, tenant, id }: ChatAccount): string =>
  JSON.stringify({ platform, tenant, id });
export const readAccount = (text: unknown): ChatAccount => chatAccountSchema.parse(JSON.parse(String(text)));
export const writePlace = ({ tenant, conversation, thread }: Place): string =>
  JSON.stringify({ tenant, conversation, thread });
export const readPlace = (text: unknown): Place => placeSchema.parse(JSON.parse(String(text)));

/** The name of the account's records. */
export const accountKey = (account: ChatAccount): string => personId(account);

/** Whose an envelope is (`store/sealed.ts`). */
export const sealOwner = (account: ChatAccount, version: number) => ({
  tenant: `${account.platform}:${account.tenant}`,
  user: account.id,
  provider: 'cognito',
  version,
});
