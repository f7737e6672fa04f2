import { unescapeHtml, type Visit } from '../../../../local/laptop/visitor.ts';

export { createVisitor, type Visit, type Visitor } from '../../../../local/laptop/visitor.ts';

/** What the page says is wrong. */
export function problemOn({ text }: Visit): string | undefined {
  const found = /<p role="alert"[^>]*>(.*?)<\/p>/s.exec(text)?.[1];
  return found === undefined ? undefined : unescapeHtml(found.replace(/<[^>]*>/g, ''));
}

export function titleOf({ text }: Visit): string | undefined {
  return /<h1>(.*?)<\/h1>/.exec(text)?.[1];
}
