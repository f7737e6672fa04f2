import { type AtHand, atHand, conclude, insistOnFile, rows, standing, writeUnless } from '../at-hand.ts';
import { Complaint } from '../redis.ts';
import { describeDifferences, differencesOf, policyOf } from './differences.ts';
import {
  changeGuardrail,
  type Found,
  findGuardrail,
  type Hands,
  listVersions,
  makeGuardrail,
  makeVersion,
  withHands,
} from './guardrails.ts';
import {
  type GuardrailOptions,
  type GuardrailSettings,
  guardrailWanted,
  policyFor,
  readGuardrailSettings,
  regionFor,
} from './settings.ts';

/** `guardrail create | update | version | diff | export`. A second run changes nothing. */

interface Desk {
  readonly hand: AtHand<GuardrailSettings>;
  readonly hands: Hands;
  readonly find: (version?: string) => Promise<Found | undefined>;
  /** As `find`; none is a complaint. */
  readonly existing: (version?: string) => Promise<Found>;
}

async function atDesk(options: GuardrailOptions, work: (desk: Desk) => Promise<void>): Promise<void> {
  const hand = await atHand(options, readGuardrailSettings);
  const wanted = guardrailWanted(hand.settings, options);
  await withHands(regionFor(hand.settings, options), hand.changes, (hands) => {
    const find = (version?: string) => findGuardrail(hands, wanted, version);
    const existing = async (version?: string) => {
      const found = await find(version);
      if (found) return found;
      throw new Complaint(
        `There is no guardrail called ${wanted.name} in ${hands.region}. Make it: npm run ops -- guardrail create`,
      );
    };
    return work({ hand, hands, find, existing });
  });
}

/** As `atDesk`, for what writes no variables. */
async function atFoundDesk(options: GuardrailOptions, work: (desk: Desk) => Promise<void>): Promise<void> {
  insistOnFile(options);
  await atDesk(options, work);
}

/** The number of the newest version, if it is equal to the draft. */
async function versionOfDraft({ hands, existing }: Desk, draft: Found): Promise<string | undefined> {
  const newest = (await listVersions(hands, draft)).at(-1)?.version;
  if (newest === undefined) return undefined;
  return sameRules(await existing(newest), draft) ? newest : undefined;
}

/** A version has a description of its own. */
const sameRules = (a: Found, b: Found) =>
  differencesOf(policyOf(a), { ...policyOf(b), description: a.description }).length === 0;

/** Where a process finds the guardrail; a version that is not known yet, in a dry run, is undefined. */
const variables = (id: string | undefined, version: string | undefined) => ({
  BEDROCK_GUARDRAIL_ID: id,
  BEDROCK_GUARDRAIL_VERSION: version,
});

const NOTHING = 'Nothing to do';

export const create = (options: GuardrailOptions) =>
  atDesk(options, async (desk) => {
    const { hand, hands, find } = desk;
    const found = await find();
    const policy = policyFor(hands.region, options, found);
    const guardrail = found ?? (await makeGuardrail(hands, policy));
    const differences = found ? differencesOf(policyOf(found), policy) : [];
    const known = found ? (await listVersions(hands, found)).at(-1)?.version : undefined;
    const version = known ?? (await firstVersion(hands, guardrail));
    const written = await writeUnless(options, hand, variables(guardrail?.guardrailId, version));
    const result = {
      guardrailId: guardrail?.guardrailId,
      arn: guardrail?.guardrailArn,
      version,
      region: hands.region,
    };
    conclude(options.json, { ...standing(hand, written), ...result, differences }, () =>
      [
        ...(hand.changes.list.length === 0 ? [`${NOTHING}: it is there.`] : []),
        ...rows(result),
        ...(differences.length === 0
          ? []
          : [
              `It was there, and ${differences.length} of its settings differ from the policy file: npm run ops -- guardrail diff tells them, update sets them.`,
            ]),
      ].join('\n'),
    );
  });

async function firstVersion(hands: Hands, guardrail: Found | undefined): Promise<string | undefined> {
  if (guardrail) return makeVersion(hands, guardrail, undefined);
  hands.changes.note('Would create its version 1.');
  return undefined;
}

export const update = (options: GuardrailOptions) =>
  atFoundDesk(options, async (desk) => {
    const { hand, hands, existing } = desk;
    const found = await existing();
    const policy = policyFor(hands.region, options, found);
    const differences = differencesOf(policyOf(found), policy);
    const settings = differences.map(({ setting }) => setting).join(', ');
    const draft =
      differences.length === 0
        ? found
        : ((await changeGuardrail(hands, found, policy, `the draft of ${found.guardrailId}: ${settings}`)) ??
          found);
    const version = await versionOfDraft(desk, draft);
    const result = { guardrailId: found.guardrailId, version, region: hands.region };
    conclude(
      options.json,
      { ...standing(hand, undefined), ...result, version: version ?? null, differences },
      () =>
        [
          ...(differences.length === 0 ? [`${NOTHING}: the draft is as the policy file says.`] : []),
          ...(version === undefined && !hand.changes.dryRun
            ? [
                'No version has these settings yet. Try them (npm run ops -- guardrail test --guardrail-version DRAFT), then: npm run ops -- guardrail version',
              ]
            : []),
        ].join('\n'),
    );
  });

export const version = (options: GuardrailOptions & { readonly description?: string }) =>
  atDesk(options, async (desk) => {
    const { hand, hands, existing } = desk;
    const draft = await existing();
    const known = await versionOfDraft(desk, draft);
    const number = known ?? (await makeVersion(hands, draft, options.description));
    const written = await writeUnless(options, hand, variables(draft.guardrailId, number));
    const result = { guardrailId: draft.guardrailId, version: number, region: hands.region };
    conclude(options.json, { ...standing(hand, written), ...result }, () =>
      [
        ...(known === undefined ? [] : [`${NOTHING}: version ${known} is equal to the draft.`]),
        ...rows(result),
        ...(written ? ['Restart every process, so that they use it.'] : []),
      ].join('\n'),
    );
  });

export const diff = (options: GuardrailOptions & { readonly guardrailVersion?: string }) =>
  atFoundDesk(options, async ({ hands, existing }) => {
    const found = await existing(options.guardrailVersion);
    const policy = policyFor(hands.region, options, found);
    const is = policyOf(found);
    const numbered = found.version !== 'DRAFT';
    const differences = differencesOf(is, numbered ? { ...policy, description: is.description } : policy);
    const same = differences.length === 0;
    const { guardrailId, version } = found;
    conclude(options.json, { same, guardrailId, version, region: hands.region, differences }, () =>
      same ? `${guardrailId} ${version} is as the policy file says.` : describeDifferences(differences),
    );
    if (!same) process.exitCode = 1;
  });

/** As CreateGuardrail takes it (`aws bedrock create-guardrail --cli-input-json file://…`). */
export const exportPolicy = (
  options: GuardrailOptions & { readonly guardrailVersion?: string; readonly policy: boolean },
) =>
  atFoundDesk(options, async ({ hands, find, existing }) => {
    const policy = options.policy
      ? policyFor(hands.region, options, await find())
      : policyOf(await existing(options.guardrailVersion));
    process.stdout.write(`${JSON.stringify(policy, undefined, options.json ? undefined : 2)}\n`);
  });
