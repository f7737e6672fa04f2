/**
 * damaged      the log does not end with a head that our keys signed: nothing is put on top of that
 * contended    others wrote all the time
 * overloaded   too many entries wait
 * unfit        the event is not one of the closed set
 */
export type AuditErrorCode = 'damaged' | 'contended' | 'overloaded' | 'unfit';

/** Something could not be put on record. What must not happen unrecorded must not happen now. */
export class AuditError extends Error {
  readonly code: AuditErrorCode;

  constructor(code: AuditErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AuditError';
    this.code = code;
  }
}
