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
  const before = await secretIds(hands, client);
  if (before.length > 1) {
    throw new Complaint(
      'The app client has two secrets, and cannot have more. Once every process uses the new one, take the old one away with --retire-secret; if nobody knows the new one, take that away with --retire-secret newer.',
    );
  }
  const { UserPoolId, ClientId } = client;
  const what = `a second secret of the app client ${client.ClientName}`;
  try {
    const added = await changes.make('add', what, () =>
      act.send(new AddUserPoolClientSecretCommand({ UserPoolId, ClientId })),
    );
    const { ClientSecretId: id, ClientSecretValue: value } = added?.ClientSecretDescriptor ?? {};
    return id === undefined || value === undefined ? undefined : { id, value };
  } catch (error) {
    // The answer was lost, and with it the secret: nobody will ever know it.
    const unknown = (await secretIds(hands, client)).find((id) => !before.includes(id));
    if (unknown !== undefined) await removeSecret(hands, client, unknown, 'the secret that nobody knows');
    throw error;
  }
}

/** Takes one of two secrets away. */
export async function retireSecret(
  hands: Hands,
  client: UserPoolClientType,
  which: 'older' | 'newer',
): Promise<void> {
  const ids = await secretIds(hands, client);
  const id = which === 'older' ? ids[0] : ids.at(-1);
  if (id === undefined || ids.length === 1) return;
  await removeSecret(hands, client, id, `the ${which} secret of the app client ${client.ClientName}`);
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
