import { CONFIRM_IN_CHAT } from '../chat/link-words.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What buttons on our cards do (`Action.Execute`). */
export const VERBS = {
  retry: 'turn_retry',
  stop: 'turn_stop',
  linkYes: 'link_yes',
  linkNo: 'link_no',
} as const;

export const CARD_TYPE = 'application/vnd.microsoft.card.adaptive';

/** An Adaptive Card. Version 1.4 is the first with Action.Execute. */
export function card(body: readonly Json[], actions: readonly Json[] = []): Json {
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.4',
    body,
    ...(actions.length > 0 ? { actions } : {}),
  };
}

export const attached = (content: Json): Json => ({ contentType: CARD_TYPE, content });

/** Cards read a part of Markdown: what is shown as it is written has its marks escaped. */
export const words = (text: string): Json => ({
  type: 'TextBlock',
  text: text.replace(/[\\*_[\]~]/g, '\\$&'),
  wrap: true,
});

const press = (title: string, verb: string, data: Json, tooltip: string, style?: string): Json => ({
  type: 'Action.Execute',
  title,
  verb,
  data,
  tooltip,
  ...(style === undefined ? {} : { style }),
});

export const stopCard = (turn: string, status: string): Json =>
  card(status === '' ? [] : [{ ...words(status), isSubtle: true }], [
    press('Stop', VERBS.stop, { turn }, 'Stop working on this question'),
  ]);

export const retryCard = (turn: string): Json =>
  card([], [press('Retry', VERBS.retry, { turn }, 'Ask the same question again')]);

/** Words with a button that leads to an address. */
export const linkCard = (text: string, button: { readonly label: string; readonly url: string }): Json =>
  card(
    [words(text)],
    [
      {
        type: 'Action.OpenUrl',
        title: button.label,
        url: button.url,
        tooltip: `${button.label}. Opens your browser.`,
      },
    ],
  );

/** The last question before two accounts are linked. `account`: the name of the Cognito account. */
export function wasItYouCard(proposal: string, account: string, differs: boolean): Json {
  const warning = words('Its e-mail address is another one than yours in Teams.');
  return card(
    [
      { ...words('Was this you?'), weight: 'bolder' },
      words(`Somebody has just signed in as ${account} in a browser, to let it act for you here.`),
      ...(differs ? [{ ...warning, color: 'warning' }] : []),
      words('Nothing is linked yet. If it was not you, choose No.'),
    ],
    [
      press(CONFIRM_IN_CHAT, VERBS.linkYes, { proposal }, CONFIRM_IN_CHAT, 'positive'),
      press('No', VERBS.linkNo, { proposal }, 'Do not link', 'destructive'),
    ],
  );
}
