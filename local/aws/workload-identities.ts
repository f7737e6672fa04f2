import { z } from 'zod';
import type { Answer, Api, AwsRequest } from './api.ts';
import { awsError } from './aws-error.ts';
import { jsonAnswer } from './json-shape.ts';
import { cutPage } from './paging.ts';

/**
 * Workload identities, of the control plane of bedrock-agentcore. It signs as `bedrock-agentcore` and has a host of its own at
 * AWS; here it shares the address, and its paths tell it apart.
 */

export interface IdentityApiDeps {
  readonly accountId: string;
  readonly region: string;
  readonly now: () => number;
}

interface WorkloadIdentity {
  readonly name: string;
  readonly workloadIdentityArn: string;
  readonly allowedResourceOauth2ReturnUrls: readonly string[];
  /** Epoch seconds. */
  readonly createdTime: number;
  readonly lastUpdatedTime: number;
}

const name = z
  .string()
  .min(3)
  .max(255)
  .regex(/^[A-Za-z0-9_.-]+$/);
const returnUrls = z.array(
  z
    .string()
    .min(1)
    .max(2048)
    .regex(/^\w+:(\/?\/?)[^\s]+$/),
);
const named = z.object({ name });
const withUrls = named.extend({ allowedResourceOauth2ReturnUrls: returnUrls.optional() });
const paging = z.object({
  maxResults: z.number().int().min(1).max(20).default(20),
  nextToken: z.string().optional(),
});

const PREFIX = 'identities';

/** The API with the operations on workload identities beside its own. */
export function withIdentities<A extends Api>(api: A, deps: IdentityApiDeps): A {
  const known = new Map<string, WorkloadIdentity>();
  const seconds = () => deps.now() / 1000;

  function existing(wanted: string): WorkloadIdentity {
    const found = known.get(wanted);
    if (!found) throw awsError(404, 'ResourceNotFoundException', `WorkloadIdentity ${wanted} does not exist`);
    return found;
  }

  const operations: Readonly<Record<string, (body: unknown) => Answer>> = {
    CreateWorkloadIdentity(body) {
      const input = parse(withUrls, body);
      if (known.has(input.name)) {
        throw awsError(400, 'ValidationException', `WorkloadIdentity with name ${input.name} already exists`);
      }
      const directory = `arn:aws:bedrock-agentcore:${deps.region}:${deps.accountId}:workload-identity-directory`;
      const made: WorkloadIdentity = {
        name: input.name,
        workloadIdentityArn: `${directory}/default/workload-identity/${input.name}`,
        allowedResourceOauth2ReturnUrls: input.allowedResourceOauth2ReturnUrls ?? [],
        createdTime: seconds(),
        lastUpdatedTime: seconds(),
      };
      known.set(made.name, made);
      const { createdTime: _at, lastUpdatedTime: _later, ...told } = made;
      return jsonAnswer(201, told);
    },
    GetWorkloadIdentity: (body) => jsonAnswer(200, existing(parse(named, body).name)),
    UpdateWorkloadIdentity(body) {
      const input = parse(withUrls, body);
      const before = existing(input.name);
      const { allowedResourceOauth2ReturnUrls = before.allowedResourceOauth2ReturnUrls } = input;
      const after = { ...before, allowedResourceOauth2ReturnUrls, lastUpdatedTime: seconds() };
      known.set(after.name, after);
      return jsonAnswer(200, after);
    },
    ListWorkloadIdentities(body) {
      const { maxResults, nextToken } = parse(paging, body);
      const page = cutPage([...known.values()], maxResults, nextToken);
      if (!page) throw awsError(400, 'ValidationException', 'nextToken is not one that was given out');
      const workloadIdentities = page.items.map((each) => ({
        name: each.name,
        workloadIdentityArn: each.workloadIdentityArn,
      }));
      return jsonAnswer(200, { workloadIdentities, nextToken: page.next });
    },
  };

  const ours = ({ method, segments: [first, second = '', ...more] }: AwsRequest) =>
    method === 'POST' && first === PREFIX && more.length === 0 && Object.hasOwn(operations, second)
      ? second
      : undefined;

  return {
    ...api,
    operationOf: (request) => ours(request) ?? api.operationOf(request),
    answer(operation, request) {
      const carryOut = ours(request) === operation ? operations[operation] : undefined;
      return carryOut ? carryOut(bodyOf(request)) : api.answer(operation, request);
    },
  };
}

function bodyOf({ body }: AwsRequest): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString());
  } catch (error) {
    const message = `The body is not JSON: ${(error as Error).message}`;
    throw awsError(400, 'ValidationException', message, { reason: 'CannotParse' });
  }
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const fieldList = parsed.error.issues.map(({ path, message }) => ({ name: path.join('.'), message }));
  const message = fieldList.map((each) => `${each.name} ${each.message}`).join('; ');
  throw awsError(400, 'ValidationException', message, { reason: 'FieldValidationFailed', fieldList });
}
