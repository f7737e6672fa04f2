import { setTimeout as wait } from 'node:timers/promises';
import {
  BedrockClient,
  CreateGuardrailCommand,
  CreateGuardrailVersionCommand,
  GetGuardrailCommand,
  type GetGuardrailCommandOutput,
  type GuardrailSummary,
  paginateListGuardrails,
  UpdateGuardrailCommand,
} from '@aws-sdk/client-bedrock';
import type { GuardrailPolicy } from '../../../infra/guardrail/policy.ts';
import { isRefusal } from '../aws-calls.ts';
import type { Changes } from '../changes.ts';
import { type Hands as AwsHands, withHands as withAwsHands } from '../hands.ts';
import { Complaint } from '../redis.ts';

/** What the commands do with guardrails at AWS. */

export type Hands = AwsHands<BedrockClient>;

export type Found = GetGuardrailCommandOutput;

export const withHands = <T>(region: string, changes: Changes, work: (hands: Hands) => Promise<T>) =>
  withAwsHands(
    { prefix: 'bedrock', connect: (options) => new BedrockClient(options) },
    region,
    changes,
    work,
  );

/** By id where one is given, else by name. undefined when there is none of that name; a missing id is a complaint. */
export async function findGuardrail(
  { look, region }: Hands,
  wanted: { readonly id?: string | undefined; readonly name: string },
  version?: string,
): Promise<Found | undefined> {
  const id = wanted.id ?? (await findByName(look, wanted.name));
  if (id === undefined) return undefined;
  try {
    return await look.send(new GetGuardrailCommand({ guardrailIdentifier: id, guardrailVersion: version }));
  } catch (error) {
    if (!isRefusal(error, 'ResourceNotFoundException')) throw error;
    const which = version === undefined ? id : `${id} with version ${version}`;
    throw new Complaint(
      `There is no guardrail ${which} in ${region}. Take BEDROCK_GUARDRAIL_ID away to find it by its name, or give --guardrail and --region.`,
      { cause: error },
    );
  }
}

async function findByName(look: BedrockClient, name: string): Promise<string | undefined> {
  for await (const page of paginateListGuardrails({ client: look }, {})) {
    const found = (page.guardrails ?? []).find((each) => each.name === name);
    if (found) return found.id;
  }
  return undefined;
}

/** Numbered versions, oldest first. */
export async function listVersions({ look }: Hands, { guardrailArn }: Found): Promise<GuardrailSummary[]> {
  const all: GuardrailSummary[] = [];
  for await (const page of paginateListGuardrails({ client: look }, { guardrailIdentifier: guardrailArn })) {
    all.push(...(page.guardrails ?? []).filter(({ version }) => version !== 'DRAFT'));
  }
  return all.sort((a, b) => Number(a.version) - Number(b.version));
}

/** undefined in a dry run. */
export async function makeGuardrail(hands: Hands, policy: GuardrailPolicy): Promise<Found | undefined> {
  const made = await hands.changes.make('create', `the guardrail ${policy.name} in ${hands.region}`, () =>
    hands.act.send(new CreateGuardrailCommand(policy)),
  );
  return made && untilReady(hands, made.guardrailId ?? '');
}

export async function changeGuardrail(
  hands: Hands,
  { guardrailId: id = '' }: Found,
  policy: GuardrailPolicy,
  what: string,
): Promise<Found | undefined> {
  const changed = await hands.changes.make('update', what, () =>
    hands.act.send(new UpdateGuardrailCommand({ ...policy, guardrailIdentifier: id })),
  );
  return changed && untilReady(hands, id);
}

/** A copy of the draft that stays as it is. Resolves with its number; undefined in a dry run. */
export async function makeVersion(
  hands: Hands,
  { guardrailId: id = '' }: Found,
  description: string | undefined,
): Promise<string | undefined> {
  const made = await hands.changes.make('create', `a version of the guardrail ${id}`, () =>
    hands.act.send(new CreateGuardrailVersionCommand({ guardrailIdentifier: id, description })),
  );
  if (!made) return undefined;
  await untilReady(hands, id, made.version);
  return made.version;
}

const POLL_MS = 500;
const PATIENCE_MS = 60_000;

async function untilReady({ look }: Hands, id: string, version?: string): Promise<Found> {
  const command = new GetGuardrailCommand({ guardrailIdentifier: id, guardrailVersion: version });
  for (let waited = 0; ; waited += POLL_MS) {
    const found = await look.send(command);
    if (found.status === 'READY') return found;
    if (found.status === 'FAILED') {
      const why = [...(found.statusReasons ?? []), ...(found.failureRecommendations ?? [])].join(' ');
      throw new Complaint(`AWS could not make the guardrail ${id}: ${why || 'it gives no reason'}`);
    }
    if (waited >= PATIENCE_MS) {
      throw new Complaint(
        `The guardrail ${id} is ${found.status} for a minute now. Run the command again later: it goes on from there.`,
      );
    }
    await wait(POLL_MS);
  }
}
