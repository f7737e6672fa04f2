import { CONFIRM_IN_CHAT } from '../chat/link-words.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What buttons on our cards do (`Action.Execute`). Those of lists of conversations are in `commands/session-buttons.ts`. */
export const VERBS = {
  retry: 'turn_retry',
  stop: 'turn_stop',
  why: 'turn_why',
  dispute: 'turn_dispute',
  linkYes: 'link_yes',
  linkNo: 'link_no',
  task: 'task',
  command: 'command',
} as const;

export const CARD_TYPE = 'application/vnd.microsoft.card.adaptive';
/** Teams takes messages of 28 KB, with all that is around the card. Bytes. */
export const CARD_LIMIT = 26_000;

/** Somebody who looks at a card is shown what it would be now. */
export interface Refresh {
  readonly verb: string;
  readonly data: Json;
  /** `29:…`; nobody else is. */
  readonly account: string;
}

export interface CardOptions {
  /** What is read out, and shown where cards are not. Plain. */
  readonly says?: string;
  readonly refresh?: Refresh | undefined;
}

/** An Adaptive Card. Version 1.5 is the highest that Teams shows, and the first with tooltips. */
export function card(
  body: readonly Json[],
  actions: readonly Json[] = [],
  { says, refresh }: CardOptions = {},
): Json {
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    ...(says === undefined ? {} : { speak: says, fallbackText: says }),
    ...(refresh
      ? {
          refresh: {
            action: { type: 'Action.Execute', verb: refresh.verb, data: refresh.data },
            userIds: [refresh.account],
          },
        }
      : {}),
    body,
    ...(actions.length > 0 ? { actions } : {}),
  };
}

/** The first that is small enough; the last in any case. */
export function fitting(cards: readonly (() => Json)[]): Json {
  let last: Json = card([]);
  for (const make of cards) {
    last = make();
    if (Buffer.byteLength(JSON.stringify(last)) <= CARD_LIMIT) break;
  }
  return last;
}

export const attached = (content: Json): Json => ({ contentType: CARD_TYPE, content });

/** Cards read a part of Markdown: what is shown as it is written has its marks escaped. */
export const words = (text: string, more: Json = {}): Json => ({
  type: 'TextBlock',
  text: text
    .replace(/[\\*_[\]~]/g, '\\$&')
    .replace(/^(\s*\d+)([.)])/gm, '$1\\$2')
    .replace(/^(\s*)([-+])/gm, '$1\\$2'),
  wrap: true,
  ...more,
});

export const heading = (text: string): Json =>
  words(text, { weight: 'bolder', size: 'medium', style: 'heading' });
export const remark = (text: string): Json =>
  words(text, { isSubtle: true, size: 'small', spacing: 'small' });

/** One line below the other. */
export const lines = (text: string): Json[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => words(line, i === 0 ? {} : { spacing: 'small' }));

export const buttons = (actions: readonly Json[]): Json[] =>
  actions.length === 0 ? [] : [{ type: 'ActionSet', actions, spacing: 'small' }];

/** A time in the reader's own zone and manner. Epoch milliseconds. */
export function when(at: number): string {
  const iso = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return `{{DATE(${iso}, SHORT)}} {{TIME(${iso})}}`;
}

export interface Press {
  readonly title: string;
  readonly verb: string;
  readonly data: Json;
  /** What a screen reader says, where the title alone does not say of what. */
  readonly says: string;
  readonly style?: 'positive' | 'destructive';
  /** What stands in the fields of the card is not sent. */
  readonly alone?: true;
}

export const press = ({ title, verb, data, says, style, alone }: Press): Json => ({
  type: 'Action.Execute',
  title,
  verb,
  data,
  tooltip: says,
  ...(style === undefined ? {} : { style }),
  ...(alone ? { associatedInputs: 'none' } : {}),
});

export const field = (id: string, label: string, most: number, value = ''): Json => ({
  type: 'Input.Text',
  id,
  label,
  maxLength: most,
  ...(value === '' ? {} : { value }),
});

export const stopButton = (turn: string, says: string): Json =>
  press({ title: 'Stop', verb: VERBS.stop, data: { turn }, says });

export const stopCard = (turn: string, status: string): Json =>
  card(status === '' ? [] : [words(status, { isSubtle: true })], [
    stopButton(turn, 'Stop working on this question'),
  ]);

export const retryCard = (turn: string): Json =>
  card(
    [],
    [press({ title: 'Retry', verb: VERBS.retry, data: { turn }, says: 'Ask the same question again' })],
  );

/** Below what was withheld. */
export const withheldCard = (turn: string): Json =>
  card(
    [],
    [
      press({ title: 'Why?', verb: VERBS.why, data: { turn }, says: 'Why was this withheld?' }),
      press({
        title: 'This was a mistake',
        verb: VERBS.dispute,
        data: { turn },
        says: 'Tell your administrators that this should not have been withheld',
      }),
    ],
  );

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
    { says: text },
  );

/** The last question before two accounts are linked. `account`: the name of the Cognito account. */
export function wasItYouCard(proposal: string, account: string, differs: boolean): Json {
  const warning = words('Its e-mail address is another one than yours in Teams.', { color: 'warning' });
  return card(
    [
      words('Was this you?', { weight: 'bolder' }),
      words(`Somebody has just signed in as ${account} in a browser, to let it act for you here.`),
      ...(differs ? [warning] : []),
      words('Nothing is linked yet. If it was not you, choose No.'),
    ],
    [
      press({
        title: CONFIRM_IN_CHAT,
        verb: VERBS.linkYes,
        data: { proposal },
        says: CONFIRM_IN_CHAT,
        style: 'positive',
      }),
      press({
        title: 'No',
        verb: VERBS.linkNo,
        data: { proposal },
        says: 'Do not link',
        style: 'destructive',
      }),
    ],
  );
}
