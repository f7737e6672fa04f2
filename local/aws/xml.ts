/** Objects to XML, as far as AWS's answers need it: an array repeats its tag, undefined leaves it out. */

export type XmlValue = string | number | boolean | undefined | XmlObject | readonly (string | XmlObject)[];
export interface XmlObject {
  readonly [tag: string]: XmlValue;
}

/** A whole document. `namespace` is the xmlns of the root. */
export function toXml(root: string, value: XmlObject, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${escapeXml(namespace)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${children(value)}</${root}>`;
}

function children(value: XmlObject): string {
  return Object.entries(value)
    .map(([tag, content]) => element(tag, content))
    .join('');
}

function element(tag: string, content: XmlValue): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((entry: string | XmlObject) => element(tag, entry)).join('');
  const inner = typeof content === 'object' ? children(content as XmlObject) : escapeXml(String(content));
  return `<${tag}>${inner}</${tag}>`;
}

function escapeXml(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  return text.replace(/[&<>"']/g, (char) => names[char] ?? char);
}
