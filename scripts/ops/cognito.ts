import type { UserPoolClientType, UserPoolType } from '@aws-sdk/client-cognito-identity-provider';
import { Command } from 'commander';
import { type AtHand, atHand, conclude, type Written, writeVariables } from './at-hand.ts';
import { addSecret, removeSecret, retireSecret } from './cognito/client-secrets.ts';
import { createClient, findClient, fixClient } from './cognito/clients.ts';
import { type Deviation, describeDeviations, deviationsOf } from './cognito/deviations.ts';
import { type Hands, withHands } from './cognito/hands.ts';
import {
  type ClientOptions,
  clientSettings,
  clientWanted,
  poolWanted,
  regionFor,
  withClientOptions,
} from './cognito/options.ts';
import {
  createPool,
  domainUrl,
  ensureDomain,
  ensureGroups,
  ensureMfa,
  existingPool,
  findPool,
  fixPool,
  inspectPool,
} from './cognito/pools.ts';
import { type CognitoSettings, readCognitoSettings } from './cognito/settings.ts';
import { userCommand } from './cognito/user-command.ts';
import { cognitoVariables } from './cognito/variables.ts';
import type { WantedClient } from './cognito/wanted.ts';
import { Complaint, HELP_HINT } from './redis.ts';

/** `cognito create | verify | client | user`. */
export function cognitoCommand(): Command {
  const cognito = new Command('cognito')
    .description('The user pool that people sign in to, its app client and its people.')
    .showHelpAfterError(HELP_HINT)
    .addCommand(userCommand());

  withClientOptions(cognito.command('create'))
    .description('makes the user pool, its domain, groups and app client, or what of it is missing')
    .option('--domain <prefix>', 'of the address of the sign-in pages; by default made of the pool’s id')
    .option('--show', 'print the secret of the app client', false)
    .action(create);

  withClientOptions(cognito.command('verify'))
    .description('compares a pool and its app client with how they should be; ends with 1 if they differ')
    .option('--fix', 'mend what can be mended without a loss', false)
    .option('--domain <prefix>', 'with --fix, for a pool without a domain')
    .action(verify);

  withClientOptions(cognito.command('client'))
    .description('makes the app client, or sets it to exactly what it should be')
    .option('--rotate-secret', 'add a second secret and write it; the old one stays good', false)
    .option('--retire-secret', 'take the older one of two secrets away', false)
    .option('--show', 'print the secret of the app client', false)
    .action(client);

  return cognito;
}

interface CreateOptions extends ClientOptions {
  readonly domain?: string;
  readonly show: boolean;
}

async function create(options: CreateOptions): Promise<void> {
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
    const result = { userPoolId: pool?.Id, clientId: client?.ClientId, region: hands.region, domain };
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

async function verify(options: ClientOptions & { fix: boolean; domain?: string }): Promise<void> {
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

interface OneClientOptions extends ClientOptions {
  readonly rotateSecret: boolean;
  readonly retireSecret: boolean;
  readonly show: boolean;
}

async function client(options: OneClientOptions): Promise<void> {
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
    const now = before ?? (await createClient(hands, pool, options.clientName, wanted));
    if (retires && before) await retireSecret(hands, before);
    const added = rotateSecret && before ? await addSecret(hands, before) : undefined;
    const domain = domainUrl(pool, hands.region);
    const variables = await cognitoVariables(hands, hand.envFile, {
      pool,
      client: now,
      domain,
      secret: added?.value,
    });
    const written = await keepingSecret(hands, now, added, () => writeUnless(options, hand, variables));
    const shown = show ? { clientSecret: variables.COGNITO_CLIENT_SECRET } : {};
    const result = { userPoolId: pool.Id, clientId: now?.ClientId, region: hands.region, ...shown };
    conclude(options.json, { ...standing(hand, written), ...result }, () =>
      [
        ...(changes.list.length === 0 ? ['Nothing to do: the app client is as it should be.'] : []),
        ...rows(result),
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

const writeUnless = (
  { env }: ClientOptions,
  hand: AtHand<CognitoSettings>,
  variables: Readonly<Record<string, string | undefined>>,
) => (env === false ? Promise.resolve(undefined) : writeVariables(hand, variables));

const standing = ({ changes }: AtHand<unknown>, env: Written | undefined) => ({
  dryRun: changes.dryRun,
  changes: changes.list,
  env: env ?? null,
});

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

function rows(values: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => `${name.padEnd(12)} ${value}`);
}
