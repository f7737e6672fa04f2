import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { readBody } from './exchange.ts';
import { type Fault, faultSchema, type Latency, latencySchema } from './faults.ts';

/** The stand-in's own API under /control/, JSON both ways, for tests and for people with curl. */
export interface ControlDeps {
  readonly faults: Fault[];
  readonly latencies: Latency[];
  readonly sessions: () => unknown;
  readonly calls: () => unknown;
  readonly reset: () => Promise<void>;
}

const ROUTES =
  'GET /control/sessions, GET /control/calls, GET|POST|DELETE /control/faults, GET|POST|DELETE /control/latencies, POST /control/reset';
const faultList = z.union([faultSchema, z.array(faultSchema)]);
const latencyList = z.union([latencySchema, z.array(latencySchema)]);

export async function answerControl(
  deps: ControlDeps,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(value)}\n`);
  };
  const { body } = await readBody(request);
  // A page in a browser cannot send this type to another origin without asking first.
  if (request.method === 'POST' && !request.headers['content-type']?.startsWith('application/json')) {
    return send(415, { message: 'send content-type: application/json' });
  }
  switch (`${request.method} ${path}`) {
    case 'GET /control/sessions':
      return send(200, { sessions: deps.sessions() });
    case 'GET /control/calls':
      return send(200, { calls: deps.calls() });
    case 'GET /control/faults':
      return send(200, { faults: deps.faults });
    case 'DELETE /control/faults':
      deps.faults.length = 0;
      return send(200, { faults: [] });
    case 'POST /control/faults': {
      const parsed = faultList.safeParse(parseJson(body));
      if (!parsed.success) return send(400, { message: z.prettifyError(parsed.error) });
      deps.faults.push(...[parsed.data].flat());
      return send(201, { faults: deps.faults });
    }
    case 'GET /control/latencies':
      return send(200, { latencies: deps.latencies });
    case 'DELETE /control/latencies':
      deps.latencies.length = 0;
      return send(200, { latencies: [] });
    case 'POST /control/latencies': {
      const parsed = latencyList.safeParse(parseJson(body));
      if (!parsed.success) return send(400, { message: z.prettifyError(parsed.error) });
      const wanted = [parsed.data].flat();
      const others = deps.latencies.filter((old) => !wanted.some((one) => one.operation === old.operation));
      deps.latencies.splice(0, deps.latencies.length, ...others, ...wanted);
      return send(200, { latencies: deps.latencies });
    }
    case 'POST /control/reset':
      await deps.reset();
      return send(200, { faults: deps.faults, sessions: deps.sessions(), calls: deps.calls() });
    default:
      return send(404, { message: `there is ${ROUTES}` });
  }
}

/** undefined for what is not JSON: the schema then says what it wants. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
