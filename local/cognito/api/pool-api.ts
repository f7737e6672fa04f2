import { randomUUID } from 'node:crypto';
import { isAwsError } from '../../aws/aws-error.ts';
import {
  type Credentials,
  parseAuthorization,
  type SignatureProblem,
  verifySignature,
} from '../../aws/sigv4.ts';
import type { Directory } from '../directory/directory.ts';
import { type Exchange, readBody } from '../hosted/http.ts';
import type { Tokens } from '../tokens/issue.ts';
import type { Traffic } from '../traffic.ts';
import { clientOperations } from './client-operations.ts';
import { groupOperations } from './group-operations.ts';
import { fail, type Operation } from './operation.ts';
import { poolOperations } from './pool-operations.ts';
import { providerOperations } from './provider-operations.ts';
import { sessionOperations } from './session-operations.ts';
import { userOperations } from './user-operations.ts';

export interface PoolApiDeps {
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly traffic: Traffic;
  /** The key pair that signatures must be made with. Without it only their form is checked. */
  readonly credentials: Credentials | undefined;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

const TARGET = 'AWSCognitoIdentityProviderService.';
const SERVICE = 'cognito-idp';

const REFUSALS: Readonly<Record<SignatureProblem, readonly [code: string, message: string]>> = {
  missing: ['MissingAuthenticationTokenException', 'Missing Authentication Token'],
  bearer: ['MissingAuthenticationTokenException', 'Missing Authentication Token'],
  malformed: [
    'IncompleteSignatureException',
    'The Authorization header is not in the form of Signature Version 4',
  ],
  scope: ['InvalidSignatureException', 'Credential should be scoped to correct service and region'],
  unknown_key: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  skewed: ['InvalidSignatureException', 'Signature expired or not yet current'],
  mismatch: [
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  ],
};

/** The operation that a request is for, by its header; undefined for requests that are not for this API. */
export function targetOf({ request, method, path }: Exchange): string | undefined {
  const target = request.headers['x-amz-target'];
  const isOurs = method === 'POST' && path === '/' && typeof target === 'string' && target.startsWith(TARGET);
  return isOurs ? target.slice(TARGET.length) : undefined;
}

/** The user-pool API (awsJson1.1): the operations that a command line needs to set a pool up. */
export function createPoolApi(deps: PoolApiDeps): (exchange: Exchange, name: string) => Promise<void> {
  const { directory, tokens, now, log } = deps;
  const operations: Readonly<Record<string, Operation>> = {
    ...poolOperations(directory, now),
    ...clientOperations(directory, now),
    ...groupOperations(directory, now),
    ...userOperations({ directory, tokens, now }),
    ...sessionOperations({ directory, tokens, now }),
    ...providerOperations(directory, now),
  };

  function checkSignature({ request, method, query }: Exchange, body: Buffer): void {
    const refuse = (problem: SignatureProblem) => fail(...REFUSALS[problem]);
    const given = parseAuthorization(request.headers.authorization);
    if (typeof given === 'string') throw refuse(given);
    if (given.service !== SERVICE || given.region !== directory.region) throw refuse('scope');
    if (!deps.credentials) return;
    const signed = { method, rawPath: '/', query, headers: request.headers, body };
    const problem = verifySignature(signed, given, deps.credentials, Date.now());
    if (problem) throw refuse(problem);
  }

  async function carryOut(exchange: Exchange, name: string): Promise<unknown> {
    const body = await readBody(exchange.request);
    if (!body) throw fail('RequestEntityTooLargeException', 'The request is too large');
    const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (!found) throw fail('UnknownOperationException', `This stand-in has no operation ${name}`);
    if (found.signed) checkSignature(exchange, body);
    return found.run(parse(body));
  }

  async function answer(exchange: Exchange, name: string): Promise<void> {
    const { response } = exchange;
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': randomUUID(),
        ...headers,
      });
      response.end(JSON.stringify(value));
    };
    try {
      send(200, await carryOut(exchange, name));
    } catch (error) {
      if (!isAwsError(error)) log(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
      const known = isAwsError(error)
        ? error
        : fail('InternalErrorException', 'The stand-in failed; see its log');
      const status = isAwsError(error) ? known.status : 500;
      send(status, errorBody(known.code, known.message), { 'x-amzn-errortype': `${known.code}:` });
    }
  }

  return (exchange, name) => deps.traffic.run(name, exchange, () => answer(exchange, name), errorBody);
}

const errorBody = (code: string, message = `${code}, as ordered by a fault`) => ({ __type: code, message });

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString() || '{}') as unknown;
  } catch {
    throw fail('SerializationException', 'The body is not JSON');
  }
}
