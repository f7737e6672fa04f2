/** Markdown without what stands in code: nothing in there is a link. Pure. */
export function withoutCode(text: string): string {
  let fence: string | undefined;
  return text
    .split('\n')
    .map((line) => {
      const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
      if (fence !== undefined) {
        if (mark?.startsWith(fence)) fence = undefined;
        return '';
      }
      if (mark !== undefined) {
        fence = mark;
        return '';
      }
      return line.replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
    })
    .join('\n');
}
