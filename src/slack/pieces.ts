import { oneLine } from '../chat/one-line.ts';
import type { Json } from './json.ts';
import { escapeText } from './text.ts';

/** Small blocks that more than one view is made of. Source: Slack, Block Kit reference. */

/** Characters of a section, a button and a header. */
const SECTION_LIMIT = 3_000;
const BUTTON_LIMIT = 75;
const HEADER_LIMIT = 150;

export const plain = (text: string): Json => ({ type: 'plain_text', text });

/** `text` in Slack's markup. An accessory stands at its side. */
export const section = (text: string, accessory?: Json): Json => ({
  type: 'section',
  text: { type: 'mrkdwn', text: cut(text, SECTION_LIMIT) },
  ...(accessory ? { accessory } : {}),
});

export const heading = (text: string): Json => ({ type: 'header', text: plain(oneLine(text, HEADER_LIMIT)) });
export const context = (text: string): Json => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text: cut(text, SECTION_LIMIT) }],
});
export const divider: Json = { type: 'divider' };
export const actions = (elements: readonly Json[]): Json[] =>
  elements.length === 0 ? [] : [{ type: 'actions', elements }];

export interface Button {
  readonly action: string;
  readonly label: string;
  readonly value: string;
  /** What a screen reader says, where the label alone does not say of what. */
  readonly says?: string;
  readonly style?: 'primary' | 'danger';
  /** Slack asks this first. */
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

export function button({ action, label, value, says, style, confirm }: Button): Json {
  return {
    type: 'button',
    action_id: action,
    text: plain(oneLine(label, BUTTON_LIMIT)),
    value,
    ...(says === undefined ? {} : { accessibility_label: oneLine(says, BUTTON_LIMIT) }),
    ...(style ? { style } : {}),
    ...(confirm
      ? {
          confirm: {
            title: plain(oneLine(confirm.title, 100)),
            text: plain(oneLine(confirm.text, 300)),
            confirm: plain(oneLine(confirm.yes, 30)),
            deny: plain('Cancel'),
            style: 'danger',
          },
        }
      : {}),
  };
}

/** Words of a person inside Slack's markup: shown to the character, as far as Slack has a way to say so. */
export const quoted = (text: string, most: number): string =>
  escapeText(oneLine(text, most)).replace(/[*~`]/g, (mark) => LOOKALIKE[mark] ?? mark);

/** Slack cannot escape its own marks. */
const LOOKALIKE: Readonly<Record<string, string>> = { '*': '∗', '~': '∼', '`': 'ˋ' };

/** A time that Slack shows in the reader's own zone and manner. Epoch milliseconds. */
export function when(at: number): string {
  const utc = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(at / 1000)}^{date_short_pretty}, {time}|${utc}>`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
