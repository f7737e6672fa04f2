import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSigner, type Signable } from '../../../src/agentcore/sigv4.ts';

const REGION = 'us-east-2';
const SERVICE = 'bedrock-agentcore';
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

async function bySdk(request: Signable, keys: typeof KEYS & { sessionToken?: string }, at: Date) {
  const { config } = new BedrockAgentCoreClient({ region: REGION, credentials: keys });
  const signer = await config.signer();
  const { headers } = await signer.sign(
    {
      ...request,
      protocol: 'https:',
      hostname: 'ignored.example.com',
      query: { ...request.query },
      headers: { ...request.headers },
    },
    { signingDate: at },
  );
  return headers;
}

const printable = fc.string({ unit: fc.constantFrom(...'abzAZ09 -_.~/+=%!\'()*&?#:,;@"'), maxLength: 40 });
const requests: fc.Arbitrary<Signable> = fc.record({
  method: fc.constantFrom('POST', 'GET'),
  path: fc
    .array(printable.map(encodeURIComponent), { maxLength: 4 })
    .map((parts) => `/${parts.filter((part) => !/^\.*$/.test(part)).join('/')}`),
  query: fc.dictionary(fc.constantFrom('qualifier', 'a', 'b-c'), printable, { noNullPrototype: true }),
  headers: fc
    .dictionary(fc.constantFrom('accept', 'tracestate', 'traceparent', 'x-amzn-some-id'), printable, {
      noNullPrototype: true,
    })
    .map((headers) => ({ ...headers, host: 'bedrock-agentcore.us-east-2.amazonaws.com' })),
  body: fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()),
});

describe('the signer', () => {
  it('signs every request as the AWS SDK does', async () => {
    const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    const tokens = fc.option(fc.constant('a session token'), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(requests, times, tokens, async (request, at, sessionToken) => {
        const keys = { ...KEYS, ...(sessionToken === undefined ? {} : { sessionToken }) };
        expect(createSigner(REGION, SERVICE)(request, keys, at)).toEqual(await bySdk(request, keys, at));
      }),
    );
  });

  it('goes on to sign rightly when the day or the secret changes', async () => {
    const request: Signable = { method: 'POST', path: '/', query: {}, headers: { host: 'a' }, body: '' };
    const sign = createSigner(REGION, SERVICE);
    for (const day of ['2026-01-31', '2026-02-01', '2026-01-31']) {
      for (const secretAccessKey of ['one', 'another']) {
        const keys = { ...KEYS, secretAccessKey };
        const at = new Date(`${day}T23:59:59.999Z`);
        expect(sign(request, keys, at)).toEqual(await bySdk(request, keys, at));
      }
    }
  });

  it('keeps the secret out of what it answers', () => {
    const request: Signable = { method: 'POST', path: '/', query: {}, headers: { host: 'a' }, body: '' };
    expect(JSON.stringify(createSigner(REGION, SERVICE)(request, KEYS, new Date(0)))).not.toContain(
      KEYS.secretAccessKey,
    );
  });
});
