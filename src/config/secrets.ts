import { createSecretKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { integer, type Reader } from './reader.ts';

export interface EncryptionKeyConfig {
  readonly id: string;
  /** 32 bytes. */
  readonly key: KeyObject;
}

/** What protects secrets at rest and the audit log. */
export interface SecretsConfig {
  /** Newest first. */
  readonly encryptionKeys: readonly EncryptionKeyConfig[];
  /** Newest first. Given: they protect what is new, and the encryption keys only open what is old. */
  readonly kmsKeyIds: readonly string[];
}

export interface AuditConfig {
  /** How many days an entry is kept. */
  readonly retentionDays: number;
}

const OBTAIN_KEYS =
  'id:base64, a comma between several, the newest first; make one with: echo "k1:$(openssl rand -base64 32)"';
const OBTAIN_KMS = 'AWS console → KMS → Customer managed keys → a symmetric key → ARN, key id or alias/name';
/** Key id, key ARN, alias or alias ARN, as KMS takes them. */
const KMS_KEY =
  /^(?:arn:aws(?:-[a-z0-9-]+)?:kms:[a-z0-9-]+:\d{12}:)?(?:key\/|alias\/)?[A-Za-z0-9/_-]{1,250}$/;

/** `needed`: at least one of the two must be there. */
export function readSecrets(reader: Reader, needed = false): SecretsConfig {
  const encryptionKeys = reader.optional('ENCRYPTION_KEYS', keyRing, OBTAIN_KEYS);
  const kmsKeyIds = reader.optional('KMS_KEY_ID', kmsKeys, OBTAIN_KMS);
  if (needed && !encryptionKeys && !kmsKeyIds && !reader.problems.some(isOurs)) {
    reader.problem(
      `ENCRYPTION_KEYS and KMS_KEY_ID are missing: one of them protects the tokens of people. ENCRYPTION_KEYS: ${OBTAIN_KEYS}. KMS_KEY_ID: ${OBTAIN_KMS}`,
    );
  }
  return { encryptionKeys: encryptionKeys ?? [], kmsKeyIds: kmsKeyIds ?? [] };
}

const isOurs = (problem: string) => /^(?:ENCRYPTION_KEYS|KMS_KEY_ID) /.test(problem);

export function readAudit(reader: Reader): AuditConfig {
  return {
    retentionDays: reader.withDefault(
      'AUDIT_RETENTION_DAYS',
      integer(1, 3650),
      365,
      'Days that audit entries stay in Redis; export them before',
    ),
  };
}

const listOf = (text: string) => text.split(',').map((part) => part.trim());

const kmsKeys = z
  .string()
  .transform(listOf)
  .refine((ids) => ids.every((id) => KMS_KEY.test(id)), 'must name KMS keys, a comma between several')
  .refine((ids) => new Set(ids).size === ids.length, 'names a key twice');

// A key is told by its place in the list, never by its id: whoever forgets the id has the secret standing there.
const keyRing = z.string().transform((text, context): EncryptionKeyConfig[] => {
  const keys = listOf(text).map((part) => {
    const [, id, secret] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]+=*)$/.exec(part) ?? [];
    return { id, bytes: Buffer.from(secret ?? '', 'base64') };
  });
  const complain = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const ring: EncryptionKeyConfig[] = [];
  for (const [index, { id, bytes }] of keys.entries()) {
    const which = `has something wrong with key ${index + 1}`;
    if (id === undefined) return complain(`${which}: it is not of the form id:base64`);
    if (bytes.length !== 32) return complain(`${which}: it has ${bytes.length} bytes instead of 32`);
    if (new Set(bytes).size < 8) return complain(`${which}: its bytes are not random`);
    if (ring.some((other) => other.id === id)) return complain(`${which}: its id stands there twice`);
    if (ring.some((other) => other.key.export().equals(bytes))) {
      return complain(`${which}: it is the same secret as another one`);
    }
    ring.push({ id, key: createSecretKey(bytes) });
  }
  return ring;
});
