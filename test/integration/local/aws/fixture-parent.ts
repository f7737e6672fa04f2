import { createAwsStandIn } from '../../../../local/aws/stand-in.ts';

/** Owns a stand-in with one session, prints the answer of its agent, and then waits to be ended. */
const standIn = await createAwsStandIn({
  agent: { mode: 'process', command: process.execPath, args: [process.argv[2] ?? ''] },
});
const path = `/runtimes/${encodeURIComponent(standIn.agentRuntimeArn)}/invocations`;
const answer = await fetch(standIn.url + path, {
  method: 'POST',
  headers: {
    authorization: `AWS4-HMAC-SHA256 Credential=AKIALOCAL/20260101/us-east-2/bedrock-agentcore/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  },
  body: '{"do":"echo"}',
});
console.log(await answer.text());
