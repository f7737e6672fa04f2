import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { AwsError } from './aws-error.ts';
import type { TokenUser } from './jwt-authorizer.ts';
import type { SignatureProblem } from './sigv4.ts';

/** A request after its body was read and its signature was checked. */
export interface AwsRequest {
  readonly requestId: string;
  readonly method: string;
  /** The path as it was sent, still percent-encoded. */
  readonly rawPath: string;
  /** The decoded parts of the path, without empty ones. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** More than `MAX_BODY_BYTES` came; `body` holds none of it. */
  readonly bodyTooLarge: boolean;
  /** The region of the credential scope. */
  readonly region: string;
  /** Whom the caller's token stands for; undefined when the request was signed. */
  readonly caller?: TokenUser | undefined;
  /** Aborts when the client goes away before it has the whole answer. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is passed on as it comes; whoever gets the answer consumes or destroys it. */
  readonly body: string | Readable;
}

/** One AWS API on the stand-in's single address. */
export interface Api {
  /** The signing name, as it stands in the credential scope. */
  readonly name: string;
  /** Whether a request of this API may be signed for another region than the stand-in's. */
  readonly anyRegion: boolean;
  /** The API's own status and code for each way in which a signature can be wrong. */
  readonly refusals: Readonly<Record<SignatureProblem, readonly [status: number, code: string]>>;
  /**
   * Says who calls, for requests that are not to be signed; undefined for all others. Throws `AwsError` for a caller
   * whom it does not let in.
   */
  authorize?(request: AwsRequest): Promise<{ readonly caller: TokenUser | undefined }> | undefined;
  /** The code of an unexpected failure. */
  readonly internalError: string;
  /** Names the operation; for one that the stand-in lacks, whatever name the request gives. */
  operationOf(request: AwsRequest): string;
  /** Runs it. Throws `AwsError` for everything the real API would refuse. */
  answer(operation: string, request: AwsRequest): Answer | Promise<Answer>;
  fail(error: AwsError, requestId: string): Answer;
}

/** The largest payload of InvokeAgentRuntime (model of bedrock-agentcore 2024-02-28, shape Body). */
export const MAX_BODY_BYTES = 100_000_000;
