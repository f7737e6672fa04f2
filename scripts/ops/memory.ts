import { Command, InvalidArgumentError } from 'commander';
import { readRegion } from '../../src/config/agent.ts';
import { readMemoryId } from '../../src/config/memory.ts';
import { ConfigError, createReader, type Environment } from '../../src/config/reader.ts';
import {
  atHand,
  type CommonOptions,
  conclude,
  rows,
  standing,
  withCommonOptions,
  writeUnless,
} from './at-hand.ts';
import { describeDeviations } from './cognito/deviations.ts';
import { completeMemory, createMemory, findMemory, untilActive, withMemories } from './memory/memories.ts';
import { deviationsOf, LEAST_EXPIRY_DAYS } from './memory/wanted.ts';
import { Complaint, HELP_HINT } from './redis.ts';

interface MemoryOptions extends CommonOptions {
  readonly memory?: string;
  readonly name: string;
  readonly expiryDays?: number;
}

/** `memory create | verify`. */
export function memoryCommand(): Command {
  const memory = new Command('memory')
    .description('The AgentCore memory that keeps conversations, and what is learnt from them.')
    .showHelpAfterError(HELP_HINT);

  withMemoryOptions(memory.command('create'))
    .description('makes the memory with its strategies, or what of it is missing')
    .option('--kms-key <arn>', 'encrypt a new memory with this key instead of one of AWS')
    .action(create);

  withMemoryOptions(memory.command('verify'))
    .description('compares the memory with how it should be; ends with 1 if they differ')
    .option('--fix', 'mend it', false)
    .action(verify);

  return memory;
}

const withMemoryOptions = (command: Command) =>
  withCommonOptions(command)
    .option('--memory <id>', 'the memory; default: MEMORY_RESOURCE_ID, else the one of that name')
    .option('--name <name>', 'its name', readName, 'threadcore')
    .option('--expiry-days <days>', `events are kept so long, ${LEAST_EXPIRY_DAYS} to 365`, readDays);

async function create(options: MemoryOptions & { readonly kmsKey?: string }): Promise<void> {
  const hand = await atHand(options, readSettings);
  const { settings, changes } = hand;
  const region = options.region ?? settings.region;
  await withMemories(region, changes, async (hands) => {
    const found = await findMemory(hands, idAndName(options, settings));
    const { name, expiryDays, kmsKey: kmsKeyArn } = options;
    const memory = found
      ? await completeMemory(hands, await untilActive(hands, found), false, undefined)
      : await createMemory(hands, { name, expiryDays, kmsKeyArn });
    const written = await writeUnless(options, hand, { MEMORY_RESOURCE_ID: memory?.id });
    // What stands in an existing memory on purpose is not overwritten, but told.
    const deviations = found && memory && !changes.dryRun ? deviationsOf(memory, expiryDays) : [];
    const result = { memoryId: memory?.id, region, expiryDays: memory?.eventExpiryDuration };
    conclude(options.json, { ...standing(hand, written), ...result, deviations }, () =>
      [
        ...(changes.list.length === 0 ? ['Nothing to do: everything is there.'] : []),
        ...rows({ memoryId: memory?.id, region, expiryDays: daysOf(memory?.eventExpiryDuration) }),
        ...(deviations.length === 0
          ? memory
            ? [
                'Give the agent the same MEMORY_RESOURCE_ID. docs/memory.md says what its role has to be allowed.',
              ]
            : []
          : ['The memory was there, and differs from the plan: npm run ops -- memory verify tells how.']),
      ].join('\n'),
    );
  });
}

async function verify(options: MemoryOptions & { readonly fix: boolean }): Promise<void> {
  const hand = await atHand(options, readSettings);
  const { settings, changes } = hand;
  const region = options.region ?? settings.region;
  await withMemories(region, changes, async (hands) => {
    const found = await findMemory(hands, idAndName(options, settings));
    if (!found)
      throw new Complaint(`There is no memory ${options.name}. npm run ops -- memory create makes it.`);
    let memory = await untilActive(hands, found);
    let deviations = deviationsOf(memory, options.expiryDays);
    if (options.fix && deviations.length > 0) {
      const expiry = deviations.find(({ setting }) => setting === 'eventExpiryDuration');
      memory = await completeMemory(hands, memory, true, expiry && Number(expiry.wanted));
      if (!changes.dryRun) deviations = deviationsOf(memory, options.expiryDays);
    }
    const ok = deviations.length === 0;
    conclude(
      options.json,
      { ...standing(hand, undefined), ok, memoryId: memory.id, region, deviations },
      () => (ok ? `The memory ${memory.id} is as it should be.` : describeDeviations(deviations)),
    );
    if (!ok) process.exitCode = 1;
  });
}

interface MemorySettings {
  readonly region: string;
  readonly memoryId: string | undefined;
}

/** @throws ConfigError as `loadConfig` does. */
function readSettings(env: Environment): MemorySettings {
  const reader = createReader(env);
  const settings = { region: readRegion(reader), memoryId: readMemoryId(reader) };
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return settings;
}

/** A name that is given goes before an id that is configured. */
const idAndName = ({ memory, name }: MemoryOptions, { memoryId }: MemorySettings) => ({
  id: memory ?? (name === 'threadcore' ? memoryId : undefined),
  name,
});

const daysOf = (days: number | undefined) => (days === undefined ? undefined : String(days));

function readName(text: string): string {
  if (/^[a-zA-Z][a-zA-Z0-9_]{0,47}$/.test(text)) return text;
  throw new InvalidArgumentError('Letters, digits and _ only, at most 48, a letter first.');
}

function readDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= LEAST_EXPIRY_DAYS && days <= 365) return days;
  throw new InvalidArgumentError(
    `A whole number from ${LEAST_EXPIRY_DAYS} to 365: sessions are archived after 90 days without use.`,
  );
}
