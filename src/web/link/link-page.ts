/** What the pages of the account link can say. */

export type ChatPlatform = 'slack' | 'teams';

/** A chat account, as its own workspace calls it. The names are shown cleaned, so they may be anything. */
export interface ChatAccount {
  readonly platform: ChatPlatform;
  /** Handle or display name, without an @. */
  readonly person: string;
  readonly workspace: string;
}

export const PROBLEMS = [
  /** No such ticket: cut off, mistyped, or made up. */
  'ticket_unknown',
  'ticket_expired',
  'ticket_used',
  /** The browser that came back is not the one that began. */
  'other_browser',
  /** The state is missing, spent, too old, or made up. */
  'state_unknown',
  /** The person cancelled, or was refused at the identity provider. */
  'provider_refused',
  /** The identity provider did not take the code that came back. */
  'code_refused',
  'token_invalid',
  'not_invited',
  /** The settings want both accounts to have the same e-mail address, and they do not. */
  'email_differs',
  'too_many_attempts',
  'unavailable',
  /** The confirm page was answered before. */
  'already_confirmed',
  'bad_request',
] as const;
export type Problem = (typeof PROBLEMS)[number];

export type LinkPage =
  | {
      readonly kind: 'confirm';
      readonly chat: ChatAccount;
      /** The account that has just signed in. */
      readonly account: { readonly name: string; readonly email?: string | undefined };
      /** The chat account is known to have another e-mail address than the one that signed in. */
      readonly differs: boolean;
      /** What the answer refers to; goes back as it is. */
      readonly proposal: string;
      readonly action: '/link/confirm';
    }
  | ({ readonly kind: 'continue_in_chat' } & ChatAccount)
  | { readonly kind: 'declined'; readonly platform?: ChatPlatform | undefined }
  | {
      readonly kind: 'problem';
      readonly code: Exclude<Problem, 'too_many_attempts'>;
      /** Where the person came from, if that is known. */
      readonly platform?: ChatPlatform | undefined;
    }
  | {
      readonly kind: 'problem';
      readonly code: 'too_many_attempts';
      readonly retryAfterS: number;
      readonly platform?: ChatPlatform | undefined;
    };
