/** A client with connections of its own, as those of the AWS SDK are. */
export interface Client {
  destroy(): void;
}

/**
 * Calls over one client, until one of them gets no answer in time: then its connection may be dead without anybody having
 * said so, and later calls go over a new one. The old one stays for those that still wait on it.
 */
export function createConnections<C extends Client>(open: () => C) {
  interface Used {
    readonly client: C;
    calls: number;
    left: boolean;
  }
  const fresh = (): Used => ({ client: open(), calls: 0, left: false });
  let current = fresh();
  let closed = false;

  const leave = (used: Used): void => {
    if (used.left) return;
    used.left = true;
    if (!closed) current = fresh();
  };

  return {
    /** `limit` aborts when the answer is overdue. Rejects as `call` does; and after `close`. */
    async use<T>(limit: AbortSignal, call: (client: C) => Promise<T>): Promise<T> {
      if (closed) throw new Error('the connections are closed');
      const used = current;
      used.calls += 1;
      try {
        return await call(used.client);
      } catch (error) {
        if (limit.aborted) leave(used);
        throw error;
      } finally {
        used.calls -= 1;
        if (used.left && used.calls === 0) used.client.destroy();
      }
    },
    close(): void {
      closed = true;
      current.client.destroy();
    },
  };
}
