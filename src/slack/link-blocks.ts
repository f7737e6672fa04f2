import { CONFIRM_IN_CHAT } from '../chat/link-words.ts';
import type { Json } from './json.ts';
import { escapeText } from './text.ts';

/** Slack reports presses of link buttons, too; there is nothing to do for them. */
export const LINK_OPEN_ACTION = 'threadcore_link_open';
export const LINK_YES_ACTION = 'threadcore_link_yes';
export const LINK_NO_ACTION = 'threadcore_link_no';

const section = (text: string): Json => ({ type: 'section', text: { type: 'mrkdwn', text } });

export interface PrivateWord {
  readonly text: string;
  readonly blocks: readonly Json[];
}

/** Words with a button that leads to an address. */
export function wordsWithLink(
  text: string,
  button: { readonly label: string; readonly url: string },
): PrivateWord {
  const blocks = [
    section(escapeText(text)),
    {
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: LINK_OPEN_ACTION,
          style: 'primary',
          text: { type: 'plain_text', text: button.label },
          url: button.url,
          accessibility_label: `${button.label}. Opens your browser.`,
        },
      ],
    },
  ];
  return { text: escapeText(text), blocks };
}

/** The last question before two accounts are linked. `account`: the name of the Cognito account. */
export function wasItYou(proposal: string, account: string, differs: boolean): PrivateWord {
  const name = escapeText(account);
  const warning = differs ? '\n:warning: Its e-mail address is another one than yours in Slack.' : '';
  const text = `*Was this you?* Somebody has just signed in as *${name}* in a browser, to let it act for you here.${warning}\nNothing is linked yet. If it was not you, choose No.`;
  const button = (action: string, label: string, style: 'primary' | 'danger'): Json => ({
    type: 'button',
    action_id: action,
    style,
    text: { type: 'plain_text', text: label },
    value: proposal,
  });
  return {
    text: `Was this you? Somebody has just signed in as ${name}, to let it act for you here.`,
    blocks: [
      section(text),
      {
        type: 'actions',
        elements: [
          button(LINK_YES_ACTION, CONFIRM_IN_CHAT, 'primary'),
          button(LINK_NO_ACTION, 'No', 'danger'),
        ],
      },
    ],
  };
}
