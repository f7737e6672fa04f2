import { randomBytes } from 'node:crypto';
import { createAuditKeys } from '../audit/audit-keys.ts';
import { logPlace } from '../audit/log-place.ts';
import { type Audit, type AuditDeps, createAudit } from '../audit/recorder.ts';
import type { DataKeys } from '../store/data-keys.ts';

const PRUNE_EVERY_MS = 3_600_000;

export interface ComposedAudit {
  readonly audit: Audit;
  /** Resolves when what was noted is written or lost. */
  close(): Promise<void>;
}

/** The audit log of the deployment. Entries older than the retention are removed now and every hour. */
export async function composeAudit(
  deps: Omit<AuditDeps, 'keys' | 'now' | 'randomBytes'> & {
    readonly dataKeys: DataKeys | undefined;
    readonly retentionDays: number;
  },
): Promise<ComposedAudit> {
  const { redis, log } = deps;
  const { keyPrefix, dataKeys } = await logPlace(redis, deps.keyPrefix, deps.dataKeys, randomBytes);
  const audit = createAudit({
    ...deps,
    keyPrefix,
    keys: createAuditKeys(redis, keyPrefix, dataKeys),
    now: () => performance.now(),
    randomBytes,
  });
  const prune = () =>
    audit.prune(deps.retentionDays * 86_400_000, { kind: 'system' }).then(
      () => undefined,
      (error: unknown) => log.error({ err: error }, 'old audit entries could not be removed'),
    );
  // Otherwise whoever signs in first finds out. Without KMS they are here, and it may come back.
  const probing = deps.dataKeys
    ?.current({ purpose: 'start' })
    .catch((error: unknown) =>
      log.error(
        { err: error },
        'KMS_KEY_ID cannot be used: sign-ins and the audit log fail until it is mended',
      ),
    );
  let pruning = prune();
  const timer = setInterval(() => {
    pruning = prune();
  }, PRUNE_EVERY_MS);
  return {
    audit,
    async close() {
      clearInterval(timer);
      await pruning;
      await probing;
      await audit.settled();
    },
  };
}
