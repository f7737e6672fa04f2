import { createHash } from 'node:crypto';
import { createRuntimeClient } from '../src/agentcore/runtime-client.ts';
import { serve } from './contestants/serve.ts';
import { onArrival } from './engine/arrivals.ts';

/**
 * What the latency of a turn is compared with: the same agent, asked without a backend. `POST /` takes JSON
 * `{offsetsMs}`, asks once at each offset, and answers `{ms}`: from each question to the last byte of its answer.
 */
const { PORT, AGENT_RUNTIME_ARN = '', AWS_REGION = '' } = process.env;

const SESSIONS = 100;
const client = createRuntimeClient({ region: AWS_REGION, runtimeArn: AGENT_RUNTIME_ARN });

async function ask(index: number): Promise<number> {
  const askedAt = performance.now();
  const words = `direct-${index}`;
  const session = createHash('sha256')
    .update(`session ${index % SESSIONS}`)
    .digest('hex');
  const { body } = await client.invoke({
    sessionId: session,
    userId: 'bench',
    signal: AbortSignal.timeout(30_000),
    payload: {
      v: 1,
      mode: 'start',
      turnId: `direct-${index}`,
      prompt: `echo ${words}`,
      actor: { id: 'bench', name: '', groups: [] },
      session: { id: session },
    },
  });
  let answer = '';
  for await (const chunk of body) answer += Buffer.from(chunk).toString();
  if (!answer.includes(`"${words}"`)) throw new Error(`asked for ${words}, got ${answer}`);
  return performance.now() - askedAt;
}

serve(Number(PORT), async (body, _request, response) => {
  const { offsetsMs } = JSON.parse(body.toString()) as { offsetsMs: number[] };
  response.end(JSON.stringify({ ms: await onArrival(offsetsMs, ask) }));
});
