import { createHmac, timingSafeEqual } from 'node:crypto';

/** Slack: refuse requests whose timestamp is more than five minutes away. */
const MAX_AGE_S = 300;
/** Clocks differ a little; a timestamp further ahead is not Slack's. */
const MAX_AHEAD_S = 60;
const SIGNATURE = /^v0=[0-9a-f]{64}$/;

export type Refusal = 'no_secret' | 'bad_headers' | 'stale' | 'future' | 'bad_signature';

export interface SignedRequest {
  /** Name, value, name, value: as they came, so that a doubled header shows. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/**
 * Checks Slack's request signature, version 0. Answers undefined when the request is genuine.
 * Source: Slack, "Verifying requests from Slack".
 */
export function refuseUnsigned(request: SignedRequest, secret: string, nowMs: number): Refusal | undefined {
  if (secret === '') return 'no_secret';
  const timestamp = single(request.rawHeaders, 'x-slack-request-timestamp');
  const signature = single(request.rawHeaders, 'x-slack-signature');
  if (timestamp === undefined || signature === undefined) return 'bad_headers';
  if (!/^\d{1,12}$/.test(timestamp) || !SIGNATURE.test(signature)) return 'bad_headers';
  const age = nowMs / 1000 - Number(timestamp);
  if (age > MAX_AGE_S) return 'stale';
  if (age < -MAX_AHEAD_S) return 'future';
  const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(request.body).digest();
  return timingSafeEqual(expected, Buffer.from(signature.slice(3), 'hex')) ? undefined : 'bad_signature';
}

/** The value of a header that came exactly once. */
function single(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
  return values.length === 1 ? values[0] : undefined;
}
