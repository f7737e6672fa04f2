import {
  CreateUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  paginateListUserPoolClients,
  UpdateUserPoolClientCommand,
  type UserPoolClientType,
  type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import { isRefusal } from '../aws-calls.ts';
import { Complaint } from '../redis.ts';
import { differences } from './deviations.ts';
import type { Hands } from './hands.ts';
import { mergedClient } from './merge.ts';
import type { WantedClient } from './wanted.ts';

/** App clients at AWS. */

/** The client of that id, or else the only one of that name; undefined when there is none of that name. */
export async function findClient(
  { look }: Hands,
  { Id: UserPoolId = '' }: UserPoolType,
  wanted: { readonly id: string | undefined; readonly name: string },
): Promise<UserPoolClientType | undefined> {
  const ids: string[] = [];
  if (wanted.id !== undefined) {
    ids.push(wanted.id);
  } else {
    const pages = paginateListUserPoolClients({ client: look }, { UserPoolId, MaxResults: 60 });
    for await (const { UserPoolClients = [] } of pages) {
      const named = UserPoolClients.filter(({ ClientName }) => ClientName === wanted.name);
      ids.push(...named.map(({ ClientId = '' }) => ClientId));
    }
  }
  const [ClientId, ...others] = ids;
  if (ClientId === undefined) return undefined;
  if (others.length > 0) {
    throw new Complaint(
      `${ids.length} app clients are called ${wanted.name}: ${ids.join(', ')}. Say which one with --client.`,
    );
  }
  try {
    const found = await look.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }));
    return found.UserPoolClient;
  } catch (error) {
    if (!isRefusal(error, 'ResourceNotFoundException')) throw error;
    throw new Complaint(
      `The user pool ${UserPoolId} has no app client ${ClientId}. Correct COGNITO_CLIENT_ID or --client; or take COGNITO_CLIENT_ID away to make a new one.`,
    );
  }
}

/** undefined in a dry run. */
export async function createClient(
  { act, changes }: Hands,
  pool: UserPoolType | undefined,
  name: string,
  wanted: WantedClient,
): Promise<UserPoolClientType | undefined> {
  const input = { UserPoolId: pool?.Id, ClientName: name, GenerateSecret: true, ...wanted };
  const made = await changes.make('create', `the app client ${name}`, () =>
    act.send(new CreateUserPoolClientCommand(input)),
  );
  return made?.UserPoolClient;
}

/** See `mergedClient` for the modes. */
export async function fixClient(
  { act, changes }: Hands,
  client: UserPoolClientType,
  wanted: WantedClient,
  mode: 'add' | 'exact',
): Promise<void> {
  const merged = mergedClient(client, wanted, mode);
  const what = differences(client, merged).map(({ setting }) => setting);
  if (what.length === 0) return;
  await changes.make('update', `the app client ${client.ClientName}: ${what.join(', ')}`, () =>
    act.send(new UpdateUserPoolClientCommand(merged)),
  );
}
