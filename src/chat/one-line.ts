/** What somebody wrote as one line of at most `most` characters; a character is never cut. Pure. */
export function oneLine(text: string, most: number): string {
  const words = text.replace(/\s+/g, ' ').trim();
  return words.length <= most ? words : `${[...words].slice(0, most - 1).join('')}…`;
}
