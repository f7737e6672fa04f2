import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { workerData as given, isMainThread, parentPort, Worker } from 'node:worker_threads';
import { openGuardrail } from '../test/integration/guardrails/endpoint.ts';
import { answerOf } from '../test/unit/guardrails/scripted-guardrail.ts';

/**
 * A guardrail that answers after a fixed time, and a Slack that takes everything, in a thread of their own, so that they
 * do not take the time of whom they serve.
 */

export interface Services {
  readonly guardrailUrl: string;
  readonly slackUrl: string;
  /**
   * Milliseconds since the epoch, with fractions: when the first call with words came that named this thread.
   * Asked for rather than told: what the other thread tells may come later than its answer over HTTP.
   */
  firstWordsAt(thread: string): Promise<number | undefined>;
  close(): Promise<void>;
}

interface Settings {
  readonly afterMs: number;
  readonly masked: readonly string[];
  /** Only these calls show words. */
  readonly word: string;
}

type Told =
  | { readonly guardrailUrl: string; readonly slackUrl: string }
  | { readonly thread: string; readonly at: number | undefined };

export const epochNow = (): number => performance.timeOrigin + performance.now();

export async function startServices(settings: Settings): Promise<Services> {
  const worker = new Worker(new URL(import.meta.url), { workerData: settings });
  const asked = new Map<string, (at: number | undefined) => void>();
  const up = Promise.withResolvers<{ guardrailUrl: string; slackUrl: string }>();
  worker.on('error', up.reject);
  worker.on('message', (told: Told) => {
    if ('guardrailUrl' in told) up.resolve(told);
    else asked.get(told.thread)?.(told.at);
  });
  const urls = await up.promise;
  return {
    ...urls,
    firstWordsAt: (thread) =>
      new Promise((resolve) => {
        asked.set(thread, resolve);
        worker.postMessage(thread);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}

async function serve({ afterMs, masked, word }: Settings): Promise<void> {
  const endpoint = await openGuardrail(({ texts }) => ({
    body: answerOf(texts, { masked: [...masked] }),
    afterMs,
  }));
  let posted = 0;
  const first = new Map<string, number>();
  parentPort?.on('message', (thread: string) => {
    parentPort?.postMessage({ thread, at: first.get(thread) } satisfies Told);
  });
  const slack = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const at = epochNow();
      const body = Buffer.concat(chunks).toString();
      const thread = /thread_ts[=":]+([\d.]+)/.exec(body)?.[1];
      if (thread !== undefined && body.includes(word) && !first.has(thread)) first.set(thread, at);
      posted += 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ok: true, ts: `1700000000.${String(posted).padStart(6, '0')}` }));
    });
  });
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve));
  parentPort?.postMessage({
    guardrailUrl: endpoint.url,
    slackUrl: `http://127.0.0.1:${(slack.address() as AddressInfo).port}/api/`,
  } satisfies Told);
}

if (!isMainThread) await serve(given as Settings);
