import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * Where oidc-provider keeps its sessions, sign-ins in progress and codes: in memory, running out by the clock that was
 * handed in. The clients come from `findClient`.
 */
export function memoryAdapter(deps: {
  now: () => number;
  findClient: (id: string) => AdapterPayload | undefined;
  /** What nobody will ask for again. */
  discards: (model: string) => boolean;
}): AdapterFactory {
  const { now, findClient, discards } = deps;
  const models = new Map<string, Map<string, Entry>>();

  function store(model: string): Map<string, Entry> {
    const entries = models.get(model) ?? new Map<string, Entry>();
    models.set(model, entries);
    return entries;
  }

  /** Entries of a model all live equally long, so the first are the oldest. */
  function forgetExpired(entries: Map<string, Entry>): void {
    for (const [id, entry] of entries) {
      if (entry.expiresAt > now()) return;
      entries.delete(id);
    }
  }

  return (model): Adapter => {
    const entries = store(model);
    const alive = (entry: Entry | undefined) =>
      entry && entry.expiresAt > now() ? entry.payload : undefined;
    return {
      async upsert(id, payload, expiresIn) {
        if (discards(model)) return;
        forgetExpired(entries);
        entries.delete(id);
        entries.set(id, {
          payload,
          expiresAt: expiresIn === undefined ? Number.POSITIVE_INFINITY : now() + expiresIn * 1000,
        });
      },
      async find(id) {
        return model === 'Client' ? findClient(id) : alive(entries.get(id));
      },
      async findByUid(uid) {
        return [...entries.values()].map(alive).find((payload) => payload?.uid === uid);
      },
      async findByUserCode() {
        return undefined;
      },
      async consume(id) {
        const payload = alive(entries.get(id));
        if (payload) payload.consumed = Math.floor(now() / 1000);
      },
      async destroy(id) {
        entries.delete(id);
      },
      // oidc-provider asks for this when a code comes twice; Cognito leaves the tokens of the first time alone.
      async revokeByGrantId() {},
    };
  };
}
