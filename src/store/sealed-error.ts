/**
 * malformed        not an envelope, cut off, or of a version that this program does not know
 * unknown_key      sealed with a key that is not configured
 * not_authentic    altered, or sealed for somebody else: the two cannot be told apart, on purpose
 * key_unavailable  the key service did not answer or refused; the record may be fine, try later
 */
export type SealedErrorCode = 'malformed' | 'unknown_key' | 'not_authentic' | 'key_unavailable';

/** Why a secret cannot be sealed or opened. Holds neither the secret nor a key. */
export class SealedError extends Error {
  readonly code: SealedErrorCode;

  constructor(code: SealedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SealedError';
    this.code = code;
  }
}
