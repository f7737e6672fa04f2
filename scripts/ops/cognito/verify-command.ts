import { type AtHand, atHand, conclude, standing } from '../at-hand.ts';
import { findClient, fixClient } from './clients.ts';
import { type Deviation, describeDeviations, deviationsOf } from './deviations.ts';
import { type Hands, withHands } from './hands.ts';
import { type ClientOptions, clientSettings, clientWanted, poolWanted, regionFor } from './options.ts';
import {
  domainUrl,
  ensureDomain,
  ensureGroups,
  ensureMfa,
  existingPool,
  fixPool,
  inspectPool,
} from './pools.ts';
import { readCognitoSettings } from './settings.ts';
import { cognitoVariables } from './variables.ts';

/** `cognito verify`. */
export async function verify(options: ClientOptions & { fix: boolean; domain?: string }): Promise<void> {
  const hand = await atHand(options, readCognitoSettings);
  const { settings, changes } = hand;
  const wanted = clientSettings(settings, options);
  await withHands(regionFor(settings, options), changes, async (hands) => {
    const inspect = async () => {
      const pool = await existingPool(hands, poolWanted(settings, options));
      const client = await findClient(hands, pool, clientWanted(settings, options, pool));
      const state = await inspectPool(hands, pool, client);
      return {
        ...state,
        deviations: [...deviationsOf(state, wanted), ...(await wrongVariables(hands, hand, state))],
      };
    };
    let state = await inspect();
    if (options.fix && state.deviations.length > 0) {
      await fixPool(hands, state.pool);
      await ensureMfa(hands, state.pool);
      await ensureDomain(hands, state.pool, options.domain);
      await ensureGroups(hands, state.pool);
      if (state.client) await fixClient(hands, state.client, wanted, 'add');
      if (!changes.dryRun) state = await inspect();
    }
    const { pool, client, deviations } = state;
    const ok = deviations.length === 0;
    const result = { ok, userPoolId: pool.Id, clientId: client?.ClientId, region: hands.region, deviations };
    conclude(options.json, { ...standing(hand, undefined), ...result }, () =>
      ok
        ? `The user pool ${pool.Name} (${pool.Id}) and its app client are as they should be.`
        : describeDeviations(deviations),
    );
    if (!ok) process.exitCode = 1;
  });
}

/** Values that the file names and that belong to something else; what it does not name is not verified. */
async function wrongVariables(
  hands: Hands,
  { envFile, file }: AtHand<unknown>,
  { pool, client }: Awaited<ReturnType<typeof inspectPool>>,
): Promise<Deviation[]> {
  if (!client) return [];
  const domain = domainUrl(pool, hands.region);
  const variables = await cognitoVariables(hands, envFile, { pool, client, domain });
  return Object.entries(variables).flatMap(([setting, value]) => {
    const is = envFile.values[setting];
    if (!is || value === undefined || is === value) return [];
    const secret = setting === 'COGNITO_CLIENT_SECRET';
    const mend = 'npm run ops -- cognito client';
    const part = file;
    return secret
      ? [{ part, setting, is: 'another', wanted: 'the one of the app client', mend, fixable: false }]
      : [{ part, setting, is, wanted: value, mend, fixable: false }];
  });
}
