import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** AWS Signature Version 4, the server's side (AWS IAM User Guide, "Create a signed AWS API request"). */

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type SignatureProblem =
  | 'missing'
  | 'bearer'
  | 'malformed'
  | 'scope'
  | 'unknown_key'
  | 'skewed'
  | 'mismatch';

export interface Signature {
  readonly accessKeyId: string;
  /** YYYYMMDD. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export interface SignedRequest {
  readonly method: string;
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const MAX_SKEW_MS = 5 * 60_000;
const FORM =
  /^AWS4-HMAC-SHA256 Credential=([\w/+=.@-]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9:;-]+), ?Signature=([0-9a-f]{64})$/;

/** Reads an Authorization header. The form is all that is checked here. */
export function parseAuthorization(header: string | undefined): Signature | SignatureProblem {
  if (header === undefined || header === '') return 'missing';
  if (/^bearer /i.test(header)) return 'bearer';
  const match = FORM.exec(header);
  if (!match) return 'malformed';
  const [, accessKeyId = '', date = '', region = '', service = '', signed = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature };
}

/**
 * Recomputes the signature with the one key pair that is allowed.
 * @param nowMs epoch milliseconds; a request signed more than five minutes away from it is refused
 */
export function verifySignature(
  request: SignedRequest,
  given: Signature,
  credentials: Credentials,
  nowMs: number,
): SignatureProblem | undefined {
  if (given.accessKeyId !== credentials.accessKeyId) return 'unknown_key';
  // On HTTP/2 the SDK signs the pseudo-header that has taken the place of Host.
  if (!['host', ':authority'].some((name) => given.signedHeaders.includes(name))) return 'malformed';
  const stamp = headerText(request.headers, 'x-amz-date');
  const signedAt = stampToMs(stamp);
  if (signedAt === undefined || !stamp.startsWith(given.date)) return 'malformed';
  if (Math.abs(nowMs - signedAt) > MAX_SKEW_MS) return 'skewed';
  const declared = headerText(request.headers, 'x-amz-content-sha256');
  const actual = createHash('sha256').update(request.body).digest('hex');
  if (declared !== '' && declared !== 'UNSIGNED-PAYLOAD' && declared !== actual) return 'mismatch';
  const expected = computeSignature(request, given, credentials.secretAccessKey, declared || actual);
  return timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(given.signature, 'hex'))
    ? undefined
    : 'mismatch';
}

/** The signature (hex) of a request whose headers are complete; `payloadHash` is what the canonical request ends with. */
export function computeSignature(
  request: Omit<SignedRequest, 'body'>,
  scope: Omit<Signature, 'signature' | 'accessKeyId'>,
  secretAccessKey: string,
  payloadHash: string,
): string {
  // S3 signs the path as it is sent; every other API encodes what is already encoded once more.
  const path =
    scope.service === 's3' ? request.rawPath : encode(request.rawPath || '/').replaceAll('%2F', '/');
  const query = [...request.query]
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = scope.signedHeaders
    .map((name) => `${name}:${headerText(request.headers, name)}\n`)
    .join('');
  const canonical = [request.method, path, query, headers, scope.signedHeaders.join(';'), payloadHash].join(
    '\n',
  );
  const credentialScope = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    headerText(request.headers, 'x-amz-date'),
    credentialScope,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of [scope.date, scope.region, scope.service, 'aws4_request']) key = hmac(key, part);
  return hmac(key, toSign).toString('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replace(/ +/g, ' ');
}

/** RFC 3986: encodeURIComponent leaves five characters alone that the signature wants encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `20260131T235959Z` to epoch milliseconds. */
function stampToMs(stamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
