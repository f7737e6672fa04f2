import { CONFIRM_IN_CHAT, LINK_COMMAND } from '../../chat/link-words.ts';
import { type Html, html } from './html.ts';
import type { ChatPlatform, Matter, Problem } from './link-page.ts';
import type { Message, Texts } from './texts.ts';
import { waitingTime } from './waiting-time.ts';

const PLATFORMS: Readonly<Record<ChatPlatform, string>> = { slack: 'Slack', teams: 'Microsoft Teams' };

const back = (platform: ChatPlatform | undefined) =>
  `Go back to ${platform === undefined ? 'your chat' : PLATFORMS[platform]}`;
const newLink = (platform: ChatPlatform | undefined) =>
  html`${back(platform)} and write <code>${LINK_COMMAND}</code> to the bot for a new link.`;

const MATTERS: Readonly<Record<Matter, (platform: ChatPlatform | undefined) => Words>> = {
  link: (platform) => ({
    newLink: newLink(platform),
    nothing: 'Nothing was linked.',
    perhaps: 'Nothing was linked.',
  }),
  resource: (platform) => ({
    newLink: html`${back(platform)} and ask the bot again; it gives you a new link.`,
    nothing: 'What you allowed was not passed on.',
    perhaps: 'What you allowed may not have been passed on.',
  }),
};

export const ENGLISH: Texts = {
  nameless: '(without a name)',
  chat: (platform, person, workspace) =>
    html`${platform === 'slack' && '@'}${person} in ${workspace} (${PLATFORMS[platform]})`,
  confirm: {
    title: 'Link your chat account?',
    question: (chat, account) => html`Shall ${chat} act as ${account}?`,
    chatLabel: 'Chat account',
    accountLabel: 'Account that has just signed in',
    meaning:
      'Whatever the chat account then asks the bot to do is done with the rights of the other account.',
    differs:
      'These two have different e-mail addresses. Choose Yes only if you are sure that both accounts are yours.',
    warning: html`<strong>If somebody sent you this link, choose No.</strong> Choose Yes only if you asked the bot for the link yourself, just now, from this chat account.`,
    yes: 'Yes, link my accounts',
    no: 'No, this was not me',
  },
  continueInChat: (platform, chat) => ({
    title: `One more step in ${PLATFORMS[platform]}`,
    happened: html`Nothing is linked yet.`,
    next: html`${back(platform)} and press “${CONFIRM_IN_CHAT}” in the message that the bot has sent to ${chat}. Only then are the accounts linked. You can close this page.`,
  }),
  declined: (platform) => ({
    title: 'Nothing was linked',
    happened: html`You chose No, and the link does not work any more.`,
    next: html`You can close this page. If somebody sent you the link, tell your administrator. If you change your mind: ${newLink(platform)}`,
  }),
  resourceDone: (account) => ({
    title: 'Done',
    happened: html`The bot may now use what you have just allowed, for ${account}.`,
    next: html`${back(undefined)}. If the bot does not go on by itself, ask it again. If ${account} is not you, take back what you allowed at the other service, and tell your administrator. You can close this page.`,
  }),
  signedOut: {
    title: 'You are signed out',
    happened: html`This browser is not signed in any more.`,
    next: html`You can close this page. Your chat account stays linked: to end that as well, go back to your chat and write <code>unlink</code> to the bot.`,
  },
  problem: (code, { platform, retryAfterS, matter }) =>
    PROBLEMS[code]({
      ...MATTERS[matter](platform),
      back: back(platform),
      wait: waitingTime(retryAfterS, 'en'),
    }),
};

/** What is said differently by what the person wanted. */
interface Words {
  readonly newLink: Html;
  readonly nothing: string;
  /** Where it is not known whether anything has come of it. */
  readonly perhaps: string;
}
type Say = (words: Words & { readonly back: string; readonly wait: string }) => Message;

const PROBLEMS: Readonly<Record<Problem, Say>> = {
  ticket_unknown: ({ newLink }) => ({
    title: 'This link does not work',
    happened: html`We do not know this link. Perhaps a part of it is missing.`,
    next: newLink,
  }),
  ticket_expired: ({ newLink }) => ({
    title: 'This link has expired',
    happened: html`For your safety a link works for a few minutes only.`,
    next: newLink,
  }),
  ticket_used: ({ back, newLink }) => ({
    title: 'This link was used already',
    happened: html`A link works once.`,
    next: html`If you have just used it in another tab, go on there. Otherwise: ${newLink} ${back} and write <code>whoami</code> to see whether you are linked.`,
  }),
  other_browser: ({ newLink, nothing }) => ({
    title: 'This sign-in began in another browser',
    happened: html`It cannot be finished in this one. ${nothing}`,
    next: html`Go on in the browser where you began, or begin anew: ${newLink} If somebody sent you here, close this page.`,
  }),
  state_unknown: ({ newLink, nothing }) => ({
    title: 'This sign-in cannot go on',
    happened: html`It took too long, was finished already, or did not begin here. ${nothing}`,
    next: newLink,
  }),
  provider_refused: ({ newLink, nothing }) => ({
    title: 'You were not signed in',
    happened: html`You cancelled the sign-in, or it was refused there. ${nothing}`,
    next: html`To try again: ${newLink} If it is refused again, ask your administrator for access.`,
  }),
  code_refused: ({ newLink, nothing }) => ({
    title: 'The sign-in could not be finished',
    happened: html`The sign-in service did not accept what your browser brought back. ${nothing}`,
    next: newLink,
  }),
  token_invalid: ({ newLink, nothing }) => ({
    title: 'The sign-in could not be checked',
    happened: html`What the sign-in service sent does not hold our checks. ${nothing}`,
    next: html`${newLink} If this happens again, tell your administrator.`,
  }),
  not_invited: ({ newLink, nothing }) => ({
    title: 'Your account is not invited',
    happened: html`You have signed in, but this account may not use the bot. ${nothing}`,
    next: html`Ask your administrator to invite it. After that: ${newLink}`,
  }),
  email_differs: ({ newLink, nothing }) => ({
    title: 'The e-mail addresses differ',
    happened: html`The account that you signed in with has another e-mail address than your chat account, and only equal ones may be linked here. ${nothing}`,
    next: html`${newLink} Then sign in with the address of your chat account. If you have no such account, ask your administrator.`,
  }),
  too_many_attempts: ({ newLink, wait, nothing }) => ({
    title: 'Too many attempts',
    happened: html`This was tried too often in a short time, so it has to rest. ${nothing}`,
    next: html`Wait ${wait}. Then: ${newLink}`,
  }),
  unavailable: ({ newLink, perhaps }) => ({
    title: 'This does not work right now',
    happened: html`A service that is needed for it did not answer. ${perhaps}`,
    next: html`Try again in a minute: ${newLink}`,
  }),
  already_confirmed: ({ back }) => ({
    title: 'You have answered already',
    happened: html`This question was answered before. Your first answer counts, and nothing has changed.`,
    next: html`${back}: if the bot still asks there whether it was you, answer it. Write <code>whoami</code> to see whether you are linked, and <code>${LINK_COMMAND}</code> for a new link.`,
  }),
  other_account: ({ newLink, nothing }) => ({
    title: 'This is not for your account',
    happened: html`The bot asked somebody else than the account that has signed in here. ${nothing}`,
    next: html`If the bot asked you, sign in with the account that your chat account is linked to. To begin anew: ${newLink} If somebody sent you here, close this page, take back what you allowed at the other service, and tell your administrator.`,
  }),
  consent_unknown: ({ newLink }) => ({
    title: 'Nothing waits for this any more',
    happened: html`What you allowed was passed on before, or it took too long.`,
    next: html`If the bot still asks you for it: ${newLink}`,
  }),
  bad_request: ({ newLink, nothing }) => ({
    title: 'This request cannot be read',
    happened: html`Something in it is missing, or was changed on the way. ${nothing}`,
    next: newLink,
  }),
};
