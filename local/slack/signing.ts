import { createHmac } from 'node:crypto';

/**
 * The headers by which a receiver verifies that a request is Slack's.
 * `atMs` is wall-clock time in milliseconds. Source: docs.slack.dev, "Verifying requests from Slack", version v0.
 */
export function signedHeaders(signingSecret: string, body: string, atMs: number): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const digest = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${digest}` };
}
