import type { Answer } from './api.ts';
import type { AwsError } from './aws-error.ts';

/** The JSON answer of a REST-JSON API. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** A REST-JSON error: the code in a header, the message in the body. */
export function jsonError(error: AwsError): Answer {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code, ...error.headers },
    body: JSON.stringify({ message: error.message, ...error.fields }),
  };
}
