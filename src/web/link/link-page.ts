/** What the pages of the account link, and of consents to tools, can say. */

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
  /** A consent was begun for another account than the one that has signed in. */
  'other_account',
  /** No such consent is waiting: over, completed before, or made up. */
  'consent_unknown',
] as const;
export type Problem = (typeof PROBLEMS)[number];

/** What the person wanted: to link an account, or to let a tool of the agent act for them. */
export type Matter = 'link' | 'resource';

/** The account that has just signed in. */
interface Account {
  readonly name: string;
  readonly email?: string | undefined;
}

export type LinkPage =
  | {
      readonly kind: 'confirm';
      readonly chat: ChatAccount;
      readonly account: Account;
      /** The chat account is known to have another e-mail address than the one that signed in. */
      readonly differs: boolean;
      /** What the answer refers to; goes back as it is. */
      readonly proposal: string;
      readonly action: '/link/confirm';
    }
  | ({ readonly kind: 'continue_in_chat' } & ChatAccount)
  | { readonly kind: 'declined'; readonly platform?: ChatPlatform | undefined }
  /** A tool of the agent may act for this account now. */
  | { readonly kind: 'resource_done'; readonly account: Account }
  /** The browser has signed out at the identity provider. */
  | { readonly kind: 'signed_out' }
  | {
      readonly kind: 'problem';
      readonly code: Exclude<Problem, 'too_many_attempts'>;
      /** Where the person came from, if that is known. */
      readonly platform?: ChatPlatform | undefined;
      /** Default: the link of an account. */
      readonly about?: Matter | undefined;
    }
  | {
      readonly kind: 'problem';
      readonly code: 'too_many_attempts';
      readonly retryAfterS: number;
      readonly platform?: ChatPlatform | undefined;
      readonly about?: Matter | undefined;
    };
