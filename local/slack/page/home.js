import { blocksView } from './blocks.js';
import { el } from './render.js';

/** The Home tab of the app, in the direct message with it. */
export function createHome({ context }) {
  const box = document.getElementById('home');
  let drawn;

  return {
    draw(home) {
      const version = home === undefined ? '' : `${home.id}:${home.hash}`;
      if (version === drawn) return;
      drawn = version;
      box.replaceChildren(
        ...(home === undefined
          ? [el('p', { class: 'note empty' }, 'The app has published nothing here.')]
          : blocksView(home.blocks, context({ view: home, values: home.state.values }))),
      );
    },
  };
}
