import {
  BedrockAgentCoreControlClient,
  CreateWorkloadIdentityCommand,
  GetWorkloadIdentityCommand,
  type GetWorkloadIdentityCommandOutput,
  UpdateWorkloadIdentityCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { Command } from 'commander';
import { readRegion } from '../../src/config/agent.ts';
import { readWeb } from '../../src/config/core.ts';
import { ConfigError, createReader, type Environment, pattern } from '../../src/config/reader.ts';
import { atHand, type CommonOptions, collect, conclude, withCommonOptions, writeUnless } from './at-hand.ts';
import { isRefusal } from './aws-calls.ts';
import { withHands } from './hands.ts';
import { Complaint, HELP_HINT } from './redis.ts';

/** Where people come back to, below PUBLIC_URL, after they allowed a tool of the agent to act for them. */
const RETURN_PATH = '/link/resource';
const DEFAULT_NAME = 'threadcore';
const NAME = /^[A-Za-z0-9_.-]{3,255}$/;
const RETURN_URL = /^\w+:\/?\/?\S+$/;

interface CreateOptions extends CommonOptions {
  readonly name?: string;
  readonly returnUrl: readonly string[];
}

/** `identity create`. */
export function identityCommand(): Command {
  const identity = new Command('identity')
    .description('Who the agent is when it gets tokens for its tools.')
    .showHelpAfterError(HELP_HINT);

  withCommonOptions(identity.command('create'))
    .description('makes the workload identity in AgentCore Identity, or gives it the wanted return addresses')
    .option('--name <name>', 'default: WORKLOAD_IDENTITY_NAME, else threadcore')
    .option('--return-url <url>', 'beside that of PUBLIC_URL; may be repeated', collect, [])
    .action(create);

  return identity;
}

async function create(options: CreateOptions): Promise<void> {
  const hand = await atHand(options, readIdentitySettings);
  const { settings, changes } = hand;
  const name = options.name ?? settings.name;
  if (!NAME.test(name))
    throw new Complaint(
      `${name} is no name for a workload identity: 3 to 255 letters, digits, dots, - and _.`,
    );
  const { publicUrl } = settings;
  const wanted = [
    ...new Set([...(publicUrl === undefined ? [] : [`${publicUrl}${RETURN_PATH}`]), ...options.returnUrl]),
  ];
  const wrong = wanted.find((url) => !RETURN_URL.test(url) || url.length > 2048);
  if (wrong !== undefined) throw new Complaint(`${wrong} is no address to return to.`);
  const region = options.region ?? settings.region;
  const service = {
    prefix: 'bedrock-agentcore',
    connect: (at: { region: string; maxAttempts: number }) => new BedrockAgentCoreControlClient(at),
  } as const;
  await withHands(service, region, changes, async ({ look, act }) => {
    const found = await find(look, name);
    const allowedResourceOauth2ReturnUrls = wanted;
    const made = found
      ? undefined
      : await changes.make('create', `the workload identity ${name} in ${region}`, () =>
          act.send(new CreateWorkloadIdentityCommand({ name, allowedResourceOauth2ReturnUrls })),
        );
    const urls = found?.allowedResourceOauth2ReturnUrls ?? [];
    if (found && wanted.length > 0 && !sameSet(urls, wanted)) {
      await changes.make('update', `its return addresses to ${wanted.join(', ')}`, () =>
        act.send(new UpdateWorkloadIdentityCommand({ name, allowedResourceOauth2ReturnUrls })),
      );
    }
    const arn = (found ?? made)?.workloadIdentityArn;
    const variables = { WORKLOAD_IDENTITY_NAME: name, WORKLOAD_IDENTITY_ARN: arn };
    const written = await writeUnless(options, hand, variables);
    const { dryRun, list } = changes;
    const result = { dryRun, changes: list, env: written ?? null, name, arn, region, returnUrls: wanted };
    conclude(options.json, result, () =>
      [
        ...(list.length === 0 ? ['Nothing to do: it is there.'] : []),
        ...(arn ? [`${name}  ${arn}`] : []),
      ].join('\n'),
    );
  });
}

/** undefined when there is none of that name. */
async function find(
  look: BedrockAgentCoreControlClient,
  name: string,
): Promise<GetWorkloadIdentityCommandOutput | undefined> {
  try {
    return await look.send(new GetWorkloadIdentityCommand({ name }));
  } catch (error) {
    if (isRefusal(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

const sameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((each) => b.includes(each));

/** @throws ConfigError as `loadConfig` does. */
function readIdentitySettings(env: Environment) {
  const reader = createReader(env);
  const settings = {
    region: readRegion(reader),
    publicUrl: readWeb(reader).publicUrl,
    name: reader.withDefault(
      'WORKLOAD_IDENTITY_NAME',
      pattern(NAME, 'must have 3 to 255 letters, digits, dots, - and _'),
      DEFAULT_NAME,
      'Leave it out for threadcore',
    ),
  };
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return settings;
}
