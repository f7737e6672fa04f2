import { combineDataKeys, type DataKeys, type EncryptionKey, localDataKeys } from './data-keys.ts';

export interface ConfiguredKeys {
  /** Undefined when no key is configured. */
  readonly dataKeys: DataKeys | undefined;
  readonly close: () => void;
}

/** The keys that the configuration names: KMS first where it is given, so that older secrets move over to it. */
export async function configuredDataKeys(options: {
  /** `ENCRYPTION_KEYS`, newest first. */
  readonly encryptionKeys: readonly EncryptionKey[];
  /** `KMS_KEY_ID`, newest first. */
  readonly kmsKeyIds: readonly string[];
  readonly region: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}): Promise<ConfiguredKeys> {
  const { encryptionKeys, kmsKeyIds, region, now } = options;
  const local = encryptionKeys.length > 0 ? [localDataKeys(encryptionKeys)] : [];
  const [first, ...others] = kmsKeyIds;
  if (first === undefined) return { dataKeys: local[0], close: () => undefined };
  // The SDK is loaded only where it is used.
  const { kmsDataKeys } = await import('./data-keys-kms.ts');
  const kms = kmsDataKeys({ keyIds: [first, ...others], region, now });
  return { dataKeys: combineDataKeys([kms, ...local]), close: kms.close };
}
