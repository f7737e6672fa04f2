import type { Answer } from '../api.ts';
import { awsError } from '../aws-error.ts';
import { jsonAnswer } from '../json-shape.ts';
import { cutPage } from '../paging.ts';
import {
  createGuardrail,
  createGuardrailVersion,
  deleteGuardrail,
  type GuardrailConfig,
  getGuardrail,
  invalid,
  listGuardrails,
  readInput,
  updateGuardrail,
} from './model.ts';
import type { Guardrail, GuardrailStore } from './store.ts';

/** Guardrails on the control plane of Bedrock. */

export type Operations = Readonly<Record<string, (input: unknown) => Answer>>;

export interface ControlDeps {
  readonly store: GuardrailStore;
  readonly accountId: string;
  readonly region: string;
  readonly now: () => number;
  /** From a change until the guardrail is READY again. */
  readonly statusDelayMs: number;
}

/** Service Quotas, "Guardrails per account". */
const MAX_GUARDRAILS = 100;
/** Service Quotas, "Versions per guardrail". */
const MAX_VERSIONS = 20;

/** Timestamps of this API are ISO 8601. */
const iso = (ms: number) => new Date(ms).toISOString();

export function createControlOperations(deps: ControlDeps): Operations {
  const { store, now } = deps;

  const statusOf = (one: Guardrail) => {
    if (now() - one.updatedMs >= deps.statusDelayMs) return 'READY';
    if (one.version !== 'DRAFT') return 'VERSIONING';
    return one.createdMs === one.updatedMs ? 'CREATING' : 'UPDATING';
  };

  /** Throws ConflictException while an earlier change is under way. */
  function mustBeReady(identifier: string): Guardrail {
    const busy = store.list(identifier).find((each) => statusOf(each) !== 'READY');
    if (busy) {
      throw awsError(400, 'ConflictException', `Guardrail ${busy.id} is ${statusOf(busy)}; try again later`);
    }
    return store.get(identifier);
  }

  function nameIsFree(name: string, except?: string): void {
    const taken = store.byName(name);
    if (taken && taken.id !== except) {
      throw awsError(
        400,
        'ConflictException',
        `Another guardrail in your account already has this name: ${name}`,
      );
    }
  }

  return {
    CreateGuardrail(input) {
      const { clientRequestToken: token, tags: _tags, ...config } = readInput(createGuardrail, input);
      const known = token === undefined ? undefined : store.byToken(token);
      if (!known) {
        checkConfig(config, deps.region);
        nameIsFree(config.name);
        if (store.count() >= MAX_GUARDRAILS) {
          throw awsError(
            400,
            'ServiceQuotaExceededException',
            `There are ${MAX_GUARDRAILS} guardrails already`,
          );
        }
      }
      const { id, arn, version, createdMs } = known ?? store.add(config, token);
      return jsonAnswer(202, { guardrailId: id, guardrailArn: arn, version, createdAt: iso(createdMs) });
    },

    UpdateGuardrail(input) {
      const { guardrailIdentifier, ...config } = readInput(updateGuardrail, input);
      checkConfig(config, deps.region);
      nameIsFree(config.name, mustBeReady(guardrailIdentifier).id);
      const { id, arn, version, updatedMs } = store.update(guardrailIdentifier, config);
      return jsonAnswer(202, { guardrailId: id, guardrailArn: arn, version, updatedAt: iso(updatedMs) });
    },

    CreateGuardrailVersion(input) {
      const { guardrailIdentifier, description } = readInput(createGuardrailVersion, input);
      mustBeReady(guardrailIdentifier);
      if (store.list(guardrailIdentifier).length > MAX_VERSIONS) {
        throw awsError(
          400,
          'ServiceQuotaExceededException',
          `The guardrail has ${MAX_VERSIONS} versions already`,
        );
      }
      const { id, version } = store.addVersion(guardrailIdentifier, description);
      return jsonAnswer(202, { guardrailId: id, version });
    },

    GetGuardrail(input) {
      const { guardrailIdentifier, guardrailVersion } = readInput(getGuardrail, input);
      const one = store.get(guardrailIdentifier, guardrailVersion);
      return jsonAnswer(200, tell(one));
    },

    ListGuardrails(input) {
      const { guardrailIdentifier, maxResults, nextToken } = readInput(listGuardrails, input);
      const page = cutPage(store.list(guardrailIdentifier), maxResults, nextToken);
      if (!page) throw invalid('nextToken is not one that was given to this request');
      const guardrails = page.items.map((one) => ({
        id: one.id,
        arn: one.arn,
        status: statusOf(one),
        name: one.config.name,
        description: one.config.description,
        version: one.version,
        createdAt: iso(one.createdMs),
        updatedAt: iso(one.updatedMs),
        crossRegionDetails: profileOf(one.config),
      }));
      return jsonAnswer(200, { guardrails, nextToken: page.next });
    },

    DeleteGuardrail(input) {
      const { guardrailIdentifier, guardrailVersion } = readInput(deleteGuardrail, input);
      mustBeReady(guardrailIdentifier);
      store.remove(guardrailIdentifier, guardrailVersion);
      return jsonAnswer(202, {});
    },
  };

  function tell(one: Guardrail): object {
    const { config } = one;
    const topics = config.topicPolicyConfig;
    const content = config.contentPolicyConfig;
    const words = config.wordPolicyConfig;
    const sensitive = config.sensitiveInformationPolicyConfig;
    return {
      name: config.name,
      description: config.description,
      guardrailId: one.id,
      guardrailArn: one.arn,
      version: one.version,
      status: statusOf(one),
      topicPolicy: topics && { topics: topics.topicsConfig, tier: topics.tierConfig ?? CLASSIC },
      contentPolicy: content && { filters: content.filtersConfig, tier: content.tierConfig ?? CLASSIC },
      wordPolicy: words && { words: words.wordsConfig, managedWordLists: words.managedWordListsConfig },
      sensitiveInformationPolicy: sensitive && {
        piiEntities: sensitive.piiEntitiesConfig,
        regexes: sensitive.regexesConfig,
      },
      contextualGroundingPolicy: config.contextualGroundingPolicyConfig && {
        filters: config.contextualGroundingPolicyConfig.filtersConfig,
      },
      crossRegionDetails: profileOf(config),
      createdAt: iso(one.createdMs),
      updatedAt: iso(one.updatedMs),
      statusReasons: [],
      failureRecommendations: [],
      blockedInputMessaging: config.blockedInputMessaging,
      blockedOutputsMessaging: config.blockedOutputsMessaging,
      kmsKeyArn: config.kmsKeyId?.startsWith('arn:') ? config.kmsKeyId : undefined,
    };
  }

  function profileOf({ crossRegionConfig }: GuardrailConfig): object | undefined {
    if (!crossRegionConfig) return undefined;
    const { guardrailProfileIdentifier: given } = crossRegionConfig;
    const id = given.slice(given.lastIndexOf('/') + 1);
    const arn = `arn:aws:bedrock:${deps.region}:${deps.accountId}:guardrail-profile/${id}`;
    return { guardrailProfileId: id, guardrailProfileArn: arn };
  }
}

/** Bedrock user guide, "Supported Regions for cross-Region guardrail inference". */
function profilesOf(region: string): string[] {
  if (region.startsWith('us-gov-')) return ['us-gov'];
  if (region === 'eu-west-2') return ['uk'];
  if (region === 'ap-southeast-2') return ['au', 'apac'];
  if (region === 'il-central-1') return ['eu'];
  if (region === 'me-central-1') return ['apac'];
  return { us: ['us'], ca: ['ca'], eu: ['eu'], ap: ['apac'] }[region.slice(0, 2)] ?? [];
}

const CLASSIC = { tierName: 'CLASSIC' };

/** What no single member breaks: names twice, a tier without its profile, an empty guardrail, a broken pattern. */
export function checkConfig(config: GuardrailConfig, region: string): void {
  const topics = config.topicPolicyConfig?.topicsConfig ?? [];
  const filters = config.contentPolicyConfig?.filtersConfig ?? [];
  const { piiEntitiesConfig: pii = [], regexesConfig: regexes = [] } =
    config.sensitiveInformationPolicyConfig ?? {};
  const { wordsConfig: words = [], managedWordListsConfig: managed = [] } = config.wordPolicyConfig ?? {};
  const grounding = config.contextualGroundingPolicyConfig?.filtersConfig ?? [];
  if (![topics, filters, pii, regexes, words, managed, grounding].some((list) => list.length > 0)) {
    throw invalid('The guardrail must have at least one policy');
  }
  const once = (what: string, names: readonly string[]) => {
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw invalid(`${what} ${twice} is there twice`);
  };
  once(
    'Topic',
    topics.map(({ name }) => name.toLowerCase()),
  );
  once(
    'Filter',
    filters.map(({ type }) => type),
  );
  once(
    'PII entity',
    pii.map(({ type }) => type),
  );
  once(
    'Regex',
    regexes.map(({ name }) => name),
  );
  once(
    'Word',
    words.map(({ text }) => text.toLowerCase()),
  );
  const tiers = [config.topicPolicyConfig?.tierConfig, config.contentPolicyConfig?.tierConfig];
  if (tiers.some((tier) => tier?.tierName === 'STANDARD') && !config.crossRegionConfig) {
    throw invalid('The STANDARD tier needs cross-Region inference: give crossRegionConfig');
  }
  const profile = config.crossRegionConfig?.guardrailProfileIdentifier.replace(/^.*\//, '');
  if (profile !== undefined && !profilesOf(region).some((each) => profile.startsWith(`${each}.`))) {
    throw invalid(`The guardrail profile ${profile} cannot be used in ${region}`);
  }
  const attack = filters.find(({ type }) => type === 'PROMPT_ATTACK');
  if (attack && attack.outputStrength !== 'NONE') {
    throw invalid('The output strength of the PROMPT_ATTACK filter must be NONE');
  }
  for (const { name, pattern } of regexes) {
    // Bedrock's own engine knows no look-around; one that JavaScript cannot read cannot be tried here at all.
    if (/\(\?(?:[=!]|<[=!])/.test(pattern)) throw invalid(`Regex ${name}: look-around is not supported`);
    try {
      new RegExp(pattern, 'g');
    } catch (error) {
      throw invalid(`Regex ${name} is not a regular expression: ${(error as Error).message}`);
    }
  }
}
