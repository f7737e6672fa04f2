import { createHash } from 'node:crypto';
import type { Account, LambdaFunction } from './account-types.ts';
import type { Answer, Api, AwsRequest } from './api.ts';
import { type AwsError, awsError } from './aws-error.ts';
import { jsonAnswer } from './json-shape.ts';
import { cutPage } from './paging.ts';

/** Lambda, API version 2015-03-31: ListFunctions and GetFunction. */

export function createLambdaApi(account: Account): Api {
  const arnOf = (name: string) => `arn:aws:lambda:${account.region}:${account.accountId}:function:${name}`;

  function configuration(found: LambdaFunction): Record<string, unknown> {
    return {
      FunctionName: found.name,
      FunctionArn: arnOf(found.name),
      Description: found.description,
      Runtime: found.runtime,
      Role: `arn:aws:iam::${account.accountId}:role/${found.name}`,
      Handler: found.handler,
      CodeSize: found.codeBytes,
      CodeSha256: createHash('sha256').update(found.name).digest('base64'),
      MemorySize: found.memoryMb,
      Timeout: found.timeoutSeconds,
      LastModified: found.modifiedAt,
      Version: '$LATEST',
      PackageType: 'Zip',
      Architectures: ['arm64'],
      State: 'Active',
      LastUpdateStatus: 'Successful',
    };
  }

  function list(request: AwsRequest): Answer {
    const functions = request.region === account.region ? account.functions : [];
    const size = Number(request.query.get('MaxItems') ?? 50);
    if (!Number.isInteger(size) || size < 1 || size > 10_000) {
      throw awsError(400, 'InvalidParameterValueException', `MaxItems is ${size}, allowed are 1 to 10000`);
    }
    // Lambda gives at most 50 a page, whatever is asked for.
    const page = cutPage(functions, Math.min(size, 50), request.query.get('Marker') ?? undefined);
    if (!page) {
      throw awsError(400, 'InvalidParameterValueException', 'Marker is not one that an earlier answer gave');
    }
    return jsonAnswer(200, { Functions: page.items.map(configuration), NextMarker: page.next });
  }

  function get(request: AwsRequest): Answer {
    const asked = request.segments[2] ?? '';
    // A name, a partial ARN (account:function:name) or a whole one.
    const name = asked.slice(asked.lastIndexOf(':') + 1);
    const found = request.region === account.region && account.functions.find((entry) => entry.name === name);
    if (!found) throw awsError(404, 'ResourceNotFoundException', `Function not found: ${arnOf(name)}`);
    return jsonAnswer(200, {
      Configuration: configuration(found),
      Code: { RepositoryType: 'S3', Location: `https://code.invalid/${name}.zip` },
      Tags: Object.fromEntries(found.tags.map((tag) => [tag.key, tag.value])),
    });
  }

  return {
    name: 'lambda',
    anyRegion: true,
    internalError: 'ServiceException',
    refusals: {
      missing: [403, 'MissingAuthenticationTokenException'],
      bearer: [403, 'MissingAuthenticationTokenException'],
      malformed: [403, 'IncompleteSignatureException'],
      scope: [403, 'InvalidSignatureException'],
      unknown_key: [403, 'UnrecognizedClientException'],
      skewed: [403, 'InvalidSignatureException'],
      mismatch: [403, 'InvalidSignatureException'],
    },
    operationOf({ method, segments }) {
      if (method === 'GET' && segments[0] === '2015-03-31' && segments[1] === 'functions') {
        if (segments.length === 2) return 'ListFunctions';
        if (segments.length === 3) return 'GetFunction';
      }
      return `${method} /${segments.join('/')}`;
    },
    answer(operation, request) {
      if (operation === 'ListFunctions') return list(request);
      if (operation === 'GetFunction') return get(request);
      const message = `This stand-in has no Lambda operation for ${operation}`;
      throw awsError(404, 'UnknownOperationException', message);
    },
    fail: lambdaError,
  };
}

function lambdaError(error: AwsError): Answer {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Service', Message: error.message }),
  };
}
