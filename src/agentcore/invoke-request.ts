import { type BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';

/** What differs from one invocation to the next. */
export interface InvokeRequest {
  readonly sessionId: string;
  readonly userId: string;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly payload: Uint8Array;
  readonly signal: AbortSignal;
}

/** The header with the session, of the request and of its answer. */
export const RUNTIME_SESSION = 'x-amzn-bedrock-agentcore-runtime-session-id';
/** An error is a sentence; a longer page is not read to its end. */
const ERROR_LIMIT = 64 * 1024;
/** A signature counts for five minutes. */
const SKEW_LIMIT_MS = 300_000;

/** A request as the SDK writes it, as far as it is changed here. */
interface Written {
  readonly headers: Readonly<Record<string, string>>;
  clone(): Written;
}

/** An answer as the SDK's HTTP handler gives it. */
export interface Answered {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * InvokeAgentRuntime, with the parts of the SDK that it needs. The SDK writes the request once: address, path, fixed
 * headers. From then on only what differs is filled in, signed with the SDK's signer and credentials, and sent by its
 * HTTP handler. Its whole stack of middleware takes three times the time of a core, and every turn goes through here.
 * `test/integration/agentcore` holds the request to the one that the SDK sends. Throws what the SDK would throw, as far as
 * `toAgentCoreError` looks at it.
 */
export function createInvoke(
  client: BedrockAgentCoreClient,
  target: { readonly agentRuntimeArn: string; readonly qualifier: string },
): (request: InvokeRequest) => Promise<Answered> {
  const { config } = client;
  let prepared: Promise<Written> | undefined;
  let clockOffsetMs = 0;

  const prepare = (): Promise<Written> => {
    prepared ??= writeTemplate(client, target).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };

  return async ({ sessionId, userId, traceparent, tracestate, payload, signal }) => {
    const template = await prepare();
    const signer = await config.signer();
    const request = Object.assign(template.clone(), {
      headers: {
        ...template.headers,
        [RUNTIME_SESSION]: sessionId,
        'x-amzn-bedrock-agentcore-runtime-user-id': userId,
        ...(traceparent === undefined ? {} : { traceparent }),
        ...(tracestate === undefined ? {} : { tracestate }),
        'content-length': String(payload.byteLength),
      },
      body: payload,
    });
    const signed = await signer.sign(request as never, { signingDate: new Date(Date.now() + clockOffsetMs) });
    const { response } = (await config.requestHandler.handle(signed, { abortSignal: signal })) as {
      response: Answered;
    };

    // As the SDK does it: a machine whose clock is wrong is refused once, and signs with the server's time from then on.
    const serverMs = Date.parse(response.headers.date ?? '');
    if (Math.abs(serverMs - Date.now() - clockOffsetMs) >= SKEW_LIMIT_MS)
      clockOffsetMs = serverMs - Date.now();

    if (response.statusCode >= 300) throw await serviceError(response);
    return response;
  };
}

/** Lets the SDK write an invocation up to the point where it would be signed. */
async function writeTemplate(
  client: BedrockAgentCoreClient,
  target: { readonly agentRuntimeArn: string; readonly qualifier: string },
): Promise<Written> {
  const command = new InvokeAgentRuntimeCommand({
    ...target,
    contentType: 'application/json',
    accept: 'text/event-stream, application/json',
    payload: new Uint8Array(),
  });
  let template: Written | undefined;
  command.middlewareStack.add(
    () => async (args) => {
      template = args.request as Written;
      return { output: { $metadata: {} }, response: {} } as never;
    },
    { step: 'build', priority: 'low', name: 'keepTheRequest' },
  );
  await client.send(command);
  if (!template) throw new Error('the AWS SDK wrote no request');
  return template;
}

/** Names the error as AWS does: in a header, else in the body. Source: AWS restJson1 protocol, "Operation error serialization". */
async function serviceError({ statusCode, headers, body }: Answered): Promise<Error> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > ERROR_LIMIT) break;
  }
  let said: { readonly __type?: unknown; readonly code?: unknown; readonly message?: unknown } = {};
  try {
    said = Object(JSON.parse(Buffer.concat(chunks).toString())) as typeof said;
  } catch {
    // An error page of somebody in between: the status says what there is to know.
  }
  const name = [headers['x-amzn-errortype'], said.code, said.__type].find((one) => typeof one === 'string');
  const error = new Error(typeof said.message === 'string' ? said.message : `HTTP ${statusCode}`);
  return Object.assign(error, {
    name: String(name ?? 'UnknownError')
      .replace(/:.*$/, '')
      .replace(/^.*#/, ''),
    $metadata: { httpStatusCode: statusCode, requestId: headers['x-amzn-requestid'] },
  });
}
