/** A node of the tree that render.js turns into DOM nodes. */
export interface Node {
  readonly type: string;
  readonly text?: string;
  readonly href?: string;
  readonly kind?: string;
  readonly id?: string;
  readonly label?: string;
  readonly level?: number;
  readonly language?: string;
  readonly ordered?: boolean;
  readonly start?: number;
  readonly children?: readonly Node[];
  readonly items?: readonly (readonly Node[])[];
  readonly header?: readonly (readonly Node[])[];
  readonly rows?: readonly (readonly (readonly Node[])[])[];
}
export function unescapeText(text: string): string;
export function parseInline(text: string, markdown?: boolean): readonly Node[];
export function parseMarkdown(text: string): readonly Node[];
export function parseMrkdwn(text: string): readonly Node[];
