import { z } from 'zod';
import { addSecret, clientSecret, type Directory } from '../directory/directory.ts';
import type { AppClient, ClientSecret } from '../directory/model.ts';
import { shapes } from '../shapes/members.ts';
import { clientOf, fail, type Json, type Operation, operation, poolOf, seconds } from './operation.ts';

/** Secrets of an app client: up to two at a time, so that one can take the other's place. */

const MOST = 2;
const oneClient = z.object({ UserPoolId: shapes.poolId, ClientId: shapes.clientId });

export function secretOperations(directory: Directory, now: () => number): Record<string, Operation> {
  function confidential({ UserPoolId, ClientId }: z.infer<typeof oneClient>): AppClient {
    const client = clientOf(poolOf(directory, UserPoolId), ClientId);
    if (client.secrets.length > 0) return client;
    throw fail('InvalidParameterException', 'The client was created without a secret.');
  }

  return {
    AddUserPoolClientSecret: operation(
      oneClient.extend({ ClientSecret: shapes.text(24, 64, /[\w+]+/).optional() }),
      (input) => {
        const client = confidential(input);
        if (client.secrets.length >= MOST) {
          throw fail('LimitExceededException', `A client can have ${MOST} secrets.`);
        }
        const given = input.ClientSecret;
        const added = addSecret(client, given ?? clientSecret(), now());
        // What the caller knows already is not repeated.
        const value = given === undefined ? { ClientSecretValue: added.value } : {};
        return { ClientSecretDescriptor: { ...describe(added), ...value } };
      },
    ),
    ListUserPoolClientSecrets: operation(
      oneClient.extend({ NextToken: shapes.nextToken.optional() }),
      ({ UserPoolId, ClientId }) => {
        const { secrets } = clientOf(poolOf(directory, UserPoolId), ClientId);
        return { ClientSecrets: secrets.map(describe) };
      },
    ),
    DeleteUserPoolClientSecret: operation(
      oneClient.extend({ ClientSecretId: shapes.text(1, 128) }),
      (input) => {
        const client = confidential(input);
        const rest = client.secrets.filter(({ id }) => id !== input.ClientSecretId);
        if (rest.length === client.secrets.length) {
          throw fail('ResourceNotFoundException', `Client secret ${input.ClientSecretId} does not exist.`);
        }
        if (rest.length === 0) {
          throw fail('InvalidParameterException', 'The last secret of a client cannot be deleted.');
        }
        client.secrets = rest;
        return {};
      },
    ),
  };
}

const describe = ({ id, createdAt }: ClientSecret): Json => ({
  ClientSecretId: id,
  ClientSecretCreateDate: seconds(createdAt),
});
