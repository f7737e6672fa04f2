/** A refusal in AWS's words: the error code that a client branches on, and the HTTP status it travels with. */
export interface AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error's shape, such as `reason` of a ValidationException. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Headers of the answer besides those of every error. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Builds the error that an operation throws; the API it belongs to writes it in its own wire shape. */
export function awsError(
  status: number,
  code: string,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): AwsError {
  return Object.assign(new Error(message), { code, status, fields, headers });
}

/** True for what `awsError` made; anything else that is thrown is a defect of the stand-in. */
export function isAwsError(error: unknown): error is AwsError {
  return error instanceof Error && 'code' in error && 'status' in error && 'fields' in error;
}
