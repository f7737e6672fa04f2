import {
  AddUserPoolClientSecretCommand,
  DeleteUserPoolClientSecretCommand,
  ListUserPoolClientSecretsCommand,
  type UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider';
import { Complaint } from '../redis.ts';
import type { Hands } from './hands.ts';

/** Secrets of an app client. There can be two for a while, so that one can take the other's place without a stop. */

/**
 * The secret that belongs into the configuration. While there are two, a description shows one of them; then the one that is
 * configured stays.
 */
export async function secretOf(
  hands: Hands,
  client: UserPoolClientType,
  configured: string | undefined,
): Promise<string | undefined> {
  const described = client.ClientSecret;
  if (configured === undefined || described === undefined || configured === described) return described;
  return (await secretIds(hands, client)).length > 1 ? configured : described;
}

/** A second secret beside the one in use. undefined in a dry run. */
export async function addSecret(
  hands: Hands,
  client: UserPoolClientType,
): Promise<{ readonly id: string; readonly value: string } | undefined> {
  const { act, changes } = hands;
  if (!client.ClientSecret) {
    throw new Complaint(
      `The app client ${client.ClientName} was made without a secret, and cannot get one. Make another with --client-name.`,
    );
  }
  if ((await secretIds(hands, client)).length > 1) {
    throw new Complaint(
      'The app client has two secrets, and cannot have more. Once every process uses the new one, take the old one away with --retire-secret.',
    );
  }
  const { UserPoolId, ClientId } = client;
  const added = await changes.make('add', `a second secret of the app client ${client.ClientName}`, () =>
    act.send(new AddUserPoolClientSecretCommand({ UserPoolId, ClientId })),
  );
  const { ClientSecretId: id, ClientSecretValue: value } = added?.ClientSecretDescriptor ?? {};
  return id === undefined || value === undefined ? undefined : { id, value };
}

/** Takes the older one of two secrets away. */
export async function retireSecret(hands: Hands, client: UserPoolClientType): Promise<void> {
  const [oldest, ...others] = await secretIds(hands, client);
  if (oldest === undefined || others.length === 0) return;
  await removeSecret(hands, client, oldest, `the older secret of the app client ${client.ClientName}`);
}

export async function removeSecret(
  { act, changes }: Hands,
  { UserPoolId, ClientId }: UserPoolClientType,
  ClientSecretId: string,
  what: string,
): Promise<void> {
  await changes.make('delete', what, () =>
    act.send(new DeleteUserPoolClientSecretCommand({ UserPoolId, ClientId, ClientSecretId })),
  );
}

/** Oldest first. */
async function secretIds({ look }: Hands, { UserPoolId, ClientId }: UserPoolClientType) {
  const { ClientSecrets = [] } = await look.send(
    new ListUserPoolClientSecretsCommand({ UserPoolId, ClientId }),
  );
  return ClientSecrets.toSorted(
    (a, b) => (a.ClientSecretCreateDate?.getTime() ?? 0) - (b.ClientSecretCreateDate?.getTime() ?? 0),
  ).flatMap(({ ClientSecretId }) => ClientSecretId ?? []);
}
