import type { Api, AwsRequest } from '../api.ts';
import { awsError } from '../aws-error.ts';
import { jsonError } from '../json-shape.ts';
import { createApply } from './apply.ts';
import { checkConfig, createControlOperations, type Operations } from './control-api.ts';
import { createGuardrail, GUARDRAIL_ID, type GuardrailInput, invalid, readInput } from './model.ts';
import { createGuardrailGate, type GuardrailQuotas } from './quotas.ts';
import { createGuardrailStore } from './store.ts';

/** Amazon Bedrock, as far as guardrails go: both planes sign as `bedrock`, and their paths tell them apart. */

export interface GuardrailOptions {
  /** Guardrails that are there, READY and with version 1, from the start. */
  readonly guardrails?: readonly SeededGuardrail[];
  /** Default none. */
  readonly quotas?: GuardrailQuotas;
  /** From a change until the guardrail is READY again, default 200; AWS takes seconds. */
  readonly statusDelayMs?: number;
}

export interface SeededGuardrail {
  /** Small letters and digits. */
  readonly id: string;
  /** As CreateGuardrail takes it. */
  readonly config: unknown;
}

export interface GuardrailDeps {
  readonly options: GuardrailOptions;
  readonly accountId: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const CONTROL: Readonly<Record<string, readonly [operation: string, ofOne: boolean]>> = {
  'POST guardrails': ['CreateGuardrail', false],
  'GET guardrails': ['ListGuardrails', false],
  'PUT guardrails': ['UpdateGuardrail', true],
  'POST guardrails of one': ['CreateGuardrailVersion', true],
  'GET guardrails of one': ['GetGuardrail', true],
  'DELETE guardrails': ['DeleteGuardrail', true],
};

interface Route {
  readonly operation: string;
  readonly labels: Readonly<Record<string, string>>;
}

function routeOf({ method, segments }: AwsRequest): Route | undefined {
  const [first, id, version, number, last] = segments;
  if (first === 'guardrail' && version === 'version' && last === 'apply' && method === 'POST') {
    const labels = { guardrailIdentifier: id ?? '', guardrailVersion: number ?? '' };
    return { operation: 'ApplyGuardrail', labels };
  }
  if (first !== 'guardrails' || segments.length > 2) return undefined;
  const [operation, ofOne] =
    (id === undefined ? undefined : CONTROL[`${method} guardrails of one`]) ??
    CONTROL[`${method} guardrails`] ??
    [];
  if (operation === undefined || ofOne !== (id !== undefined)) return undefined;
  return { operation, labels: id === undefined ? {} : { guardrailIdentifier: id } };
}

export function createGuardrailApi(deps: GuardrailDeps): Api & { reset(): void } {
  const { options, now } = deps;
  const store = createGuardrailStore(deps);
  const gate = createGuardrailGate(options.quotas ?? {}, now);
  const statusDelayMs = options.statusDelayMs ?? 200;
  const operations: Operations = {
    ...createControlOperations({ ...deps, store, statusDelayMs }),
    ApplyGuardrail: createApply({ store, gate }),
  };

  function seed(): void {
    for (const { id, config } of options.guardrails ?? []) {
      if (!GUARDRAIL_ID.test(id))
        throw new Error(`${id} is not the id of a guardrail (small letters and digits)`);
      const {
        clientRequestToken: _token,
        tags: _tags,
        ...checked
      }: GuardrailInput = readInput(createGuardrail, config);
      checkConfig(checked, deps.region);
      store.add(checked, undefined, id, statusDelayMs);
      store.addVersion(id, undefined, statusDelayMs);
    }
  }
  seed();

  return {
    name: 'bedrock',
    anyRegion: false,
    refusals: {
      missing: [403, 'MissingAuthenticationTokenException'],
      bearer: [403, 'AccessDeniedException'],
      malformed: [403, 'IncompleteSignatureException'],
      scope: [403, 'InvalidSignatureException'],
      unknown_key: [403, 'UnrecognizedClientException'],
      skewed: [403, 'InvalidSignatureException'],
      mismatch: [403, 'InvalidSignatureException'],
    },
    internalError: 'InternalServerException',
    operationOf: (request) => routeOf(request)?.operation ?? `${request.method} ${request.rawPath}`,
    answer(operation, request) {
      const route = routeOf(request);
      const carryOut = operations[operation];
      if (!route || !carryOut) {
        throw awsError(404, 'UnknownOperationException', `This stand-in has no ${operation} of bedrock`);
      }
      return carryOut(inputOf(request, route.labels));
    },
    fail: jsonError,
    reset() {
      gate.clear();
      store.clear();
      seed();
    },
  };
}

function inputOf(request: AwsRequest, labels: Readonly<Record<string, string>>): object {
  if (request.bodyTooLarge) throw invalid('The request is too large');
  return { ...bodyOf(request.body), ...Object.fromEntries(request.query), ...labels };
}

function bodyOf(body: Buffer): object {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch (error) {
    throw awsError(400, 'SerializationException', `The body is not JSON: ${(error as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw awsError(400, 'SerializationException', 'The body is not a JSON object');
  }
  return parsed;
}
