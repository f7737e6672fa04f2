import { integer, type Reader } from './reader.ts';

export interface SessionsConfig {
  /** Sessions without a turn for so many days are archived. */
  readonly archiveDays: number;
}

/** The directory itself, and Memory, keep what is archived longer. */
export function readSessions(reader: Reader): SessionsConfig {
  return {
    archiveDays: reader.withDefault(
      'SESSION_ARCHIVE_DAYS',
      integer(1, 365),
      90,
      'Days without a question after which a conversation is archived; leave it out for 90',
    ),
  };
}
