import type { Html } from './html.ts';
import type { ChatPlatform, Matter, Problem } from './link-page.ts';

/** What happened, and what to do next. */
export interface Message {
  readonly title: string;
  readonly happened: Html;
  readonly next: Html;
}

/** Everything that the pages say in one language. Names come in cleaned and escaped. */
export interface Texts {
  /** A chat account in one phrase: `@carol in Acme (Slack)`. */
  readonly chat: (platform: ChatPlatform, person: Html, workspace: Html) => Html;
  /** For somebody whose name has nothing to show. */
  readonly nameless: string;
  readonly confirm: {
    readonly title: string;
    readonly question: (chat: Html, account: Html) => Html;
    readonly chatLabel: string;
    readonly accountLabel: string;
    readonly meaning: string;
    readonly differs: string;
    readonly warning: Html;
    readonly yes: string;
    readonly no: string;
  };
  readonly continueInChat: (platform: ChatPlatform, chat: Html) => Message;
  readonly declined: (platform: ChatPlatform | undefined) => Message;
  readonly resourceDone: (account: Html) => Message;
  readonly signedOut: Message;
  readonly problem: (
    code: Problem,
    about: {
      readonly platform: ChatPlatform | undefined;
      readonly retryAfterS: number;
      readonly matter: Matter;
    },
  ) => Message;
}
