import type { Command } from 'commander';
import { Option } from 'commander';
import {
  GUARDRAIL_NAME,
  type GuardrailPolicy,
  guardrailPolicy,
  profileOf,
} from '../../../infra/guardrail/policy.ts';
import { readRegion } from '../../../src/config/agent.ts';
import { ConfigError, createReader, type Environment, pattern } from '../../../src/config/reader.ts';
import { type CommonOptions, withCommonOptions } from '../at-hand.ts';
import { Complaint } from '../redis.ts';
import type { Found } from './guardrails.ts';

/** Which guardrail a command is about, and what it should be. */

export interface GuardrailSettings {
  readonly region: string;
  readonly id: string | undefined;
  readonly version: string | undefined;
}

export interface GuardrailOptions extends CommonOptions {
  readonly guardrail?: string;
  readonly name: string;
  readonly tier?: 'standard' | 'classic';
}

const WHERE = 'AWS console → Bedrock → Guardrails → your guardrail';
const ID = /^(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:guardrail\/)?[a-z0-9]+$/;

/** @throws ConfigError as `loadConfig` does. */
export function readGuardrailSettings(env: Environment): GuardrailSettings {
  const reader = createReader(env);
  const settings = {
    region: readRegion(reader),
    id: reader.optional(
      'BEDROCK_GUARDRAIL_ID',
      pattern(ID, 'is not the id of a guardrail'),
      `${WHERE} → Guardrail ID`,
    ),
    version: reader.optional(
      'BEDROCK_GUARDRAIL_VERSION',
      pattern(/^(?:[1-9]\d{0,7}|DRAFT)$/, 'is neither a number nor DRAFT'),
      `${WHERE} → Versions`,
    ),
  };
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return Object.freeze(settings);
}

export function withGuardrailOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--guardrail <id>', 'default: BEDROCK_GUARDRAIL_ID, else the one of that name')
    .option('--name <name>', 'its name', GUARDRAIL_NAME)
    .addOption(
      new Option(
        '--tier <tier>',
        'standard: many languages, across the regions of a geography; classic: en, fr, es, in the region; default: as it is, else standard',
      ).choices(['standard', 'classic']),
    );
}

/** A name that is given goes before an id that is configured. */
export const guardrailWanted = (settings: GuardrailSettings, options: GuardrailOptions) => ({
  id: options.guardrail ?? (options.name === GUARDRAIL_NAME ? settings.id : undefined),
  name: options.name,
});

export const regionFor = (settings: GuardrailSettings, options: GuardrailOptions) =>
  options.region ?? settings.region;

/** The policy file for this region, under the wanted name, in the tier that was chosen when the guardrail was made. */
export function policyFor(
  region: string,
  options: GuardrailOptions,
  found: Found | undefined,
): GuardrailPolicy {
  const made = found?.contentPolicy?.tier?.tierName === 'CLASSIC' ? 'classic' : 'standard';
  const tier = options.tier ?? made;
  if (tier === 'standard' && !profileOf(region)) {
    throw new Complaint(
      `Guardrails have no cross-Region inference in ${region}, which the standard tier needs. Give --tier classic (English, French, Spanish), or another --region.`,
    );
  }
  return { ...guardrailPolicy(region, tier), name: found?.name ?? options.name };
}
