import type { UserPoolClientType, UserPoolType } from '@aws-sdk/client-cognito-identity-provider';
import { atHand, conclude, rows, standing, writeUnless } from '../at-hand.ts';
import { createClient, findClient, fixClient } from './clients.ts';
import { type Deviation, deviationsOf } from './deviations.ts';
import { type Hands, withHands } from './hands.ts';
import { type ClientOptions, clientSettings, clientWanted, poolWanted, regionFor } from './options.ts';
import { createPool, ensureDomain, ensureGroups, ensureMfa, findPool, inspectPool } from './pools.ts';
import { readCognitoSettings } from './settings.ts';
import { cognitoVariables } from './variables.ts';
import type { WantedClient } from './wanted.ts';

interface CreateOptions extends ClientOptions {
  readonly domain?: string;
  readonly show: boolean;
}

/** `cognito create`: what is there is left as it is, except that the app client learns what people need to sign in. */
export async function create(options: CreateOptions): Promise<void> {
  const hand = await atHand(options, readCognitoSettings);
  const { settings, changes } = hand;
  const wanted = clientSettings(settings, options);
  await withHands(regionFor(settings, options), changes, async (hands) => {
    const found = await findPool(hands, poolWanted(settings, options));
    const pool = found ?? (await createPool(hands, options.poolName));
    await ensureMfa(hands, pool);
    const domain = await ensureDomain(hands, pool, options.domain);
    await ensureGroups(hands, pool);
    const before = pool && (await findClient(hands, pool, clientWanted(settings, options, pool)));
    if (before) await fixClient(hands, before, wanted, 'add');
    const client = before ?? (await createClient(hands, pool, options.clientName, wanted));
    const variables = await cognitoVariables(hands, hand.envFile, { pool, client, domain });
    const written = await writeUnless(options, hand, variables);
    // What stands in an existing pool on purpose is not overwritten, but told.
    const deviations =
      found && client && !changes.dryRun ? await differing(hands, found, client, wanted) : [];
    const result = {
      userPoolId: pool?.Id,
      clientId: client?.ClientId,
      region: hands.region,
      domain,
      callbackUrls: wanted.CallbackURLs,
    };
    const shown = options.show ? { clientSecret: variables.COGNITO_CLIENT_SECRET } : {};
    conclude(options.json, { ...standing(hand, written), ...result, ...shown, deviations }, () =>
      [
        ...(changes.list.length === 0 ? ['Nothing to do: everything is there.'] : []),
        ...rows({ ...result, ...shown }),
        ...(deviations.length === 0
          ? []
          : [
              `The pool was there, and ${deviations.length} of its settings differ from the plan: npm run ops -- cognito verify tells them.`,
            ]),
      ].join('\n'),
    );
  });
}

async function differing(
  hands: Hands,
  pool: UserPoolType,
  { ClientId: id, ClientName: name = '' }: UserPoolClientType,
  wanted: WantedClient,
): Promise<Deviation[]> {
  const client = await findClient(hands, pool, { id, name });
  return deviationsOf(await inspectPool(hands, pool, client), wanted);
}
