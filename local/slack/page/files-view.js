import { el } from './render.js';

/** Files of a message: pictures with their words, everything else as a card to download. */

const PICTURES = new Set(['image/gif', 'image/jpeg', 'image/png', 'image/webp']);

function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function filesView(files, user) {
  return files.map((file) => {
    if (file.mode === 'tombstone') return el('p', { class: 'note' }, 'This file was deleted.');
    const address = `/page/file/${encodeURIComponent(file.id)}?user=${encodeURIComponent(user)}`;
    if (PICTURES.has(file.mimetype)) {
      return el(
        'figure',
        { class: 'picture' },
        el('figcaption', { class: 'note' }, file.title),
        el('img', { src: address, alt: file.alt_txt ?? file.title, loading: 'lazy' }),
      );
    }
    return el(
      'div',
      { class: 'file', 'data-testid': 'file' },
      el('span', { class: 'file-kind', 'aria-hidden': 'true' }, file.pretty_type.slice(0, 4)),
      el(
        'span',
        { class: 'file-name' },
        el('b', {}, file.title),
        el('span', { class: 'note' }, sizeOf(file.size)),
      ),
      el('a', { href: address, download: file.name, class: 'small' }, 'Download'),
    );
  });
}
