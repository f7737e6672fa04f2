/** One page of a list and the opaque token of the next. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/** Cuts a page. undefined when the token is not one that this function gave out. */
export function cutPage<T>(
  items: readonly T[],
  size: number,
  token: string | undefined,
): Page<T> | undefined {
  let from = 0;
  if (token !== undefined) {
    const match = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
    if (!match) return undefined;
    from = Number(match[1]);
  }
  const to = from + size;
  const next = to < items.length ? Buffer.from(`from:${to}`).toString('base64url') : undefined;
  return { items: items.slice(from, to), next };
}
