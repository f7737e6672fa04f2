import type { Api, AwsRequest } from './api.ts';
import { awsError, isAwsError } from './aws-error.ts';
import type { TokenUser } from './jwt-authorizer.ts';
import { type Credentials, type Signature, type SignatureProblem, verifySignature } from './sigv4.ts';

/** Which API a request is for, and whether it may reach it. All APIs share one address. */

export interface Target {
  readonly rawPath: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/** Splits a request target. undefined when its percent-encoding is broken. */
export function readTarget(url: string): Target | undefined {
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  try {
    const segments = rawPath.split('/').filter(Boolean).map(decodeURIComponent);
    return { rawPath, segments, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark)) };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The credential scope names the API; without one, the shape of the request does. */
export function chooseApi(
  apis: readonly Api[],
  request: Pick<AwsRequest, 'segments' | 'body'>,
  signature: Signature | SignatureProblem,
): Api | undefined {
  const named = (name: string) => apis.find((api) => api.name === name);
  // These paths belong to nobody else, whatever the signature says.
  if (['runtimes', 'identities', 'memories'].includes(request.segments[0] ?? ''))
    return named('bedrock-agentcore');
  if (typeof signature === 'object') return named(signature.service);
  if (['guardrail', 'guardrails'].includes(request.segments[0] ?? '')) return named('bedrock');
  if (/^\d{4}-\d\d-\d\d$/.test(request.segments[0] ?? '')) return named('lambda');
  const form = new URLSearchParams(request.body.subarray(0, 4_096).toString());
  if (form.has('Action')) {
    const version = form.get('Version');
    const byVersion: Record<string, string> = { '2011-06-15': 'sts', '2014-10-31': 'rds' };
    return named(byVersion[version ?? ''] ?? 'ec2');
  }
  return named('s3');
}

const MESSAGES: Readonly<Record<SignatureProblem, string>> = {
  missing: 'The request has no Authorization header; sign it with AWS Signature Version 4',
  bearer: 'This API takes no bearer tokens; sign the request with AWS Signature Version 4',
  malformed: 'The Authorization header or X-Amz-Date is not in the form of AWS Signature Version 4',
  scope: 'The credential scope names another service or region than this one',
  unknown_key: 'The access key id is not known here',
  skewed: 'The request was signed more than five minutes away from now; check the clock',
  mismatch: 'The signature does not match the request; check the secret access key',
};

/** Who calls, or the refusal that the caller gets: by a token where the API wants one, otherwise by the signature. */
export async function checkCaller(
  api: Api,
  request: AwsRequest,
  signature: Signature | SignatureProblem,
  by: { readonly region: string; readonly credentials: Credentials | undefined; readonly nowMs: number },
): Promise<{ readonly caller?: TokenUser | undefined; readonly refusal?: Error | undefined }> {
  try {
    const known = await api.authorize?.(request);
    if (known) return known;
  } catch (error) {
    if (isAwsError(error)) return { refusal: error };
    throw error;
  }
  return { refusal: refuseSignature(api, request, signature, by.region, by.credentials, by.nowMs) };
}

/** The error that a wrong signature gets, in the API's own code and status. */
function refuseSignature(
  api: Api,
  request: AwsRequest,
  signature: Signature | SignatureProblem,
  region: string,
  credentials: Credentials | undefined,
  nowMs: number,
): Error | undefined {
  const refuse = (problem: SignatureProblem) => {
    const [status, code] = api.refusals[problem];
    return awsError(status, code, MESSAGES[problem]);
  };
  if (typeof signature === 'string') return refuse(signature);
  const wrongRegion = !api.anyRegion && signature.region !== region;
  if (signature.service !== api.name || wrongRegion) return refuse('scope');
  // A body that was too large to keep cannot be hashed; it is refused for its size.
  if (!credentials || request.bodyTooLarge) return undefined;
  const problem = verifySignature(request, signature, credentials, nowMs);
  return problem && refuse(problem);
}
