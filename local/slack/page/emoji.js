import { el } from './render.js';

/** Drawn in reactions.svg, because not every system has a font with emoji. The name is Slack's, the value the view. */
const DRAWN = {
  '+1': 'plus1',
  thumbsup: 'plus1',
  '-1': 'minus1',
  thumbsdown: 'minus1',
  eyes: 'eyes',
  white_check_mark: 'white_check_mark',
  x: 'x',
  tada: 'tada',
  heart: 'heart',
  rocket: 'rocket',
  thinking_face: 'thinking_face',
  question: 'question',
  hourglass_flowing_sand: 'hourglass_flowing_sand',
  warning: 'warning',
};

/** Offered right at a message. */
export const QUICK = ['+1', 'eyes', 'white_check_mark'];
/** Offered in its menu. */
export const OFFERED = [
  '+1',
  '-1',
  'eyes',
  'white_check_mark',
  'x',
  'tada',
  'heart',
  'rocket',
  'thinking_face',
  'question',
];

/** The picture of an emoji, or its name between colons. A skin tone is left out. */
export function emoji(name) {
  const view = DRAWN[name.split('::')[0]];
  if (view === undefined) return `:${name}:`;
  return el('img', {
    class: 'emoji',
    src: `/page/reactions.svg#${view}`,
    alt: `:${name}:`,
    width: '18',
    height: '18',
  });
}
