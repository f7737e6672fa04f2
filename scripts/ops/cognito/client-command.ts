import type { UserPoolClientType } from '@aws-sdk/client-cognito-identity-provider';
import { atHand, conclude, rows, standing, writeUnless } from '../at-hand.ts';
import { Complaint } from '../redis.ts';
import { addSecret, removeSecret, retireSecret } from './client-secrets.ts';
import { createClient, findClient, fixClient } from './clients.ts';
import { type Hands, withHands } from './hands.ts';
import { type ClientOptions, clientSettings, clientWanted, poolWanted, regionFor } from './options.ts';
import { domainUrl, existingPool } from './pools.ts';
import { readCognitoSettings } from './settings.ts';
import { cognitoVariables } from './variables.ts';

interface OneClientOptions extends ClientOptions {
  readonly rotateSecret: boolean;
  readonly retireSecret?: 'older' | 'newer';
  readonly show: boolean;
}

/** `cognito client`. */
export async function client(options: OneClientOptions): Promise<void> {
  const { rotateSecret, retireSecret: retires, env, show } = options;
  if (rotateSecret && retires)
    throw new Complaint('Rotate first; retire the old secret once every process uses the new one.');
  if (rotateSecret && env === false && !show)
    throw new Complaint('A new secret is told once: let it be written (--env), or add --show.');
  const hand = await atHand(options, readCognitoSettings);
  const { settings, changes } = hand;
  const wanted = clientSettings(settings, options);
  await withHands(regionFor(settings, options), changes, async (hands) => {
    const pool = await existingPool(hands, poolWanted(settings, options));
    const before = await findClient(hands, pool, clientWanted(settings, options, pool));
    if (before) await fixClient(hands, before, wanted, 'exact');
    if (retires && before) await retireSecret(hands, before, retires);
    const added = rotateSecret && before ? await addSecret(hands, before) : undefined;
    const now = before
      ? await findClient(hands, pool, { id: before.ClientId, name: options.clientName })
      : await createClient(hands, pool, options.clientName, wanted);
    const domain = domainUrl(pool, hands.region);
    const found = { pool, client: now, domain, secret: added?.value };
    const variables = {
      ...(await cognitoVariables(hands, hand.envFile, found)),
      // Nobody knows it yet.
      ...(rotateSecret && before && !added ? { COGNITO_CLIENT_SECRET: undefined } : {}),
    };
    const written = await keepingSecret(hands, now, added, () => writeUnless(options, hand, variables));
    const shown = show ? { clientSecret: variables.COGNITO_CLIENT_SECRET } : {};
    const result = {
      userPoolId: pool.Id,
      clientId: now?.ClientId,
      region: hands.region,
      callbackUrls: wanted.CallbackURLs,
      ...shown,
    };
    conclude(options.json, { ...standing(hand, written), ...result }, () =>
      [
        ...(changes.list.length === 0 ? ['Nothing to do: the app client is as it should be.'] : []),
        ...rows(result),
      ].join('\n'),
    );
  });
}

/** A secret that could not be noted is known to nobody: it goes away again. */
async function keepingSecret<T>(
  hands: Hands,
  client: UserPoolClientType | undefined,
  added: { readonly id: string } | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (client && added) await removeSecret(hands, client, added.id, 'the secret that could not be written');
    throw error;
  }
}
