import { z } from 'zod';
import { clientSecret, type Directory } from '../directory/directory.ts';
import type { AppClient } from '../directory/model.ts';
import { clientSettings } from '../shapes/client.ts';
import { shapes } from '../shapes/members.ts';
import { checkClient } from './client-rules.ts';
import { secretOperations } from './client-secret-operations.ts';
import {
  clientOf,
  fail,
  type Json,
  type Operation,
  operation,
  pageOf,
  poolOf,
  seconds,
} from './operation.ts';

/** App clients of a pool. */

const onePool = z.object({ UserPoolId: shapes.poolId });
const oneClient = onePool.extend({ ClientId: shapes.clientId });

export function clientOperations(directory: Directory, now: () => number): Record<string, Operation> {
  const create = operation(
    onePool.extend(clientSettings.shape).extend({
      GenerateSecret: z.boolean().default(false),
      ClientSecret: shapes.text(24, 64, /[\w+]+/).optional(),
    }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      if (input.GenerateSecret && input.ClientSecret !== undefined) {
        throw fail('InvalidParameterException', 'GenerateSecret and ClientSecret cannot both be given.');
      }
      const secret = input.GenerateSecret ? clientSecret() : input.ClientSecret;
      const settings = clientSettings.parse(input);
      checkClient(pool, settings, secret !== undefined);
      return { UserPoolClient: describe(directory.addClient(pool, settings, { secret })) };
    },
  );

  const update = operation(
    oneClient.extend(clientSettings.shape).extend({ ClientName: shapes.name.optional() }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const client = clientOf(pool, input.ClientId);
      // What the request leaves out is back at its default, except for the name.
      const { ClientName } = client.settings;
      const settings = clientSettings.parse({ ...input, ClientName: input.ClientName ?? ClientName });
      checkClient(pool, settings, client.secrets.length > 0);
      client.settings = settings;
      client.modifiedAt = now();
      return { UserPoolClient: describe(client) };
    },
  );

  return {
    CreateUserPoolClient: create,
    UpdateUserPoolClient: update,
    ...secretOperations(directory, now),
    DescribeUserPoolClient: operation(oneClient, (input) => ({
      UserPoolClient: describe(clientOf(poolOf(directory, input.UserPoolId), input.ClientId)),
    })),
    ListUserPoolClients: operation(
      onePool.extend({
        MaxResults: shapes.integer(1, 60).default(60),
        NextToken: shapes.nextToken.optional(),
      }),
      (input) => {
        const clients = [...poolOf(directory, input.UserPoolId).clients.values()];
        const { items, next } = pageOf(clients, input.MaxResults, input.NextToken);
        return {
          UserPoolClients: items.map(({ id, poolId, settings }) => ({
            ClientId: id,
            UserPoolId: poolId,
            ClientName: settings.ClientName,
          })),
          NextToken: next,
        };
      },
    ),
  };
}

function describe(client: AppClient): Json {
  return {
    ...client.settings,
    UserPoolId: client.poolId,
    ClientId: client.id,
    ClientSecret: client.secrets[0]?.value,
    LastModifiedDate: seconds(client.modifiedAt),
    CreationDate: seconds(client.createdAt),
  };
}
