import { createSecretKey, randomBytes } from 'node:crypto';
import { createAuditKeys } from '../../../src/audit/audit-keys.ts';
import { type Entry, readEntry } from '../../../src/audit/chain.ts';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { readLog } from '../../../src/audit/read-log.ts';
import { type AuditDeps, createAudit } from '../../../src/audit/recorder.ts';
import { type Anchor, createVerifier, type Verdict } from '../../../src/audit/verify.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { type DataKeys, type EncryptionKey, localDataKeys } from '../../../src/store/data-keys.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

export const newKey = (id: string): EncryptionKey => ({ id, key: createSecretKey(randomBytes(32)) });
export const K1 = newKey('k1');

export const person = (user: string) => ({ kind: 'person', platform: 'slack', tenant: 'T1', user }) as const;
export const refused = (user: string): AuditEvent => ({
  type: 'access.refused',
  who: person(user),
  reason: 'person_not_allowed',
});
export const linked = (user: string): AuditEvent => ({
  type: 'link.created',
  who: person(user),
  account: { kind: 'account', provider: 'cognito', sub: `sub-of-${user}` },
});

let rigs = 0;

/** A log of its own on a real Redis; `process` opens one more recorder on it, with its own connection. */
export function createRig(url: string) {
  rigs += 1;
  const prefix = `{tc}:audit-rig-${rigs}`;
  const open: Connection[] = [];
  const connection = () => {
    const redis = connect({ url, name: 'audit-rig' });
    open.push(redis);
    return redis;
  };
  const redis = connection();
  const keys = (dataKeys: DataKeys = localDataKeys([K1])) => createAuditKeys(redis, prefix, dataKeys);

  return {
    prefix,
    redis,
    keys,
    process(options: Partial<AuditDeps> & { dataKeys?: DataKeys } = {}) {
      const { dataKeys = localDataKeys([K1]), ...deps } = options;
      const logged: string[] = [];
      const observed: string[] = [];
      const own = deps.redis ?? connection();
      const audit = createAudit({
        redis: own,
        keyPrefix: prefix,
        keys: createAuditKeys(own, prefix, dataKeys),
        confirmDurable: async () => undefined,
        now: () => 0,
        randomBytes,
        observe: (outcome, type) => observed.push(`${outcome} ${type}`),
        log: createLogger({ level: 'info', destination: { write: (line) => void logged.push(line) } }),
        ...deps,
      });
      return { ...audit, logged, observed };
    },
    async verify(options: { dataKeys?: DataKeys; anchors?: readonly Anchor[] } = {}): Promise<Verdict> {
      for (;;) {
        const verifier = createVerifier({
          find: keys(options.dataKeys).find,
          demandProof: true,
          ...(options.anchors ? { anchors: options.anchors } : {}),
        });
        const end = await readLog(redis, prefix, ({ id, line }) => verifier.add(line, id));
        if (end) return verifier.end(end.head);
      }
    },
    async entries(): Promise<(Entry | undefined)[]> {
      const read: (Entry | undefined)[] = [];
      await readLog(redis, prefix, async ({ line }) => void read.push(readEntry(line)));
      return read;
    },
    close: () => Promise.all(open.map((one) => disconnect(one))),
  };
}

export type Rig = ReturnType<typeof createRig>;
