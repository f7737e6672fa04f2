/**
 * Cuts a text into parts of at most `limit` UTF-16 units, at a paragraph, line or word border where there is one.
 * The parts joined are the text, to the character.
 *
 * A cut depends only on the text before it, so that while a text grows its finished parts never change:
 * they may already stand in the thread.
 */
export function splitText(text: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > limit) {
    const at = cutIn(rest.slice(0, limit));
    parts.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  parts.push(rest);
  return parts;
}

/** A border in the first half would make too many small messages. */
function cutIn(window: string): number {
  const earliest = window.length / 2;
  for (const border of ['\n\n', '\n', ' ']) {
    const found = window.lastIndexOf(border);
    if (found >= earliest) return found + border.length;
  }
  return unbroken(window);
}

/** The latest cut that splits neither a surrogate pair nor a character reference such as `&amp;`. */
function unbroken(window: string): number {
  const reference = /&[a-z]{0,5}$/.exec(window);
  const last = window.charCodeAt(window.length - 1);
  const surrogate = last >= 0xd800 && last <= 0xdbff;
  const cut = reference ? reference.index : surrogate ? window.length - 1 : window.length;
  // A window too small for one whole character is cut as it is: never to get on would be worse.
  return cut > 0 ? cut : window.length;
}
