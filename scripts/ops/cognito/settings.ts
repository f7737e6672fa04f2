import { readRegion } from '../../../src/config/agent.ts';
import { readWeb } from '../../../src/config/core.ts';
import { ConfigError, createReader, type Environment, pattern } from '../../../src/config/reader.ts';

/** What the commands about accounts take from the configuration. */
export interface CognitoSettings {
  readonly region: string;
  readonly userPoolId: string | undefined;
  readonly clientId: string | undefined;
  readonly publicUrl: string | undefined;
}

const POOL_ID = /^([a-z0-9-]+)_[0-9A-Za-z]+$/;

/** @throws ConfigError as `loadConfig` does. */
export function readCognitoSettings(env: Environment): CognitoSettings {
  const reader = createReader(env);
  const userPoolId = reader.optional(
    'COGNITO_USER_POOL_ID',
    pattern(POOL_ID, 'is not the id of a user pool'),
    'AWS console → Cognito → User pools → your pool → User pool ID, like us-east-2_AbCdEfGhI',
  );
  const clientId = reader.optional(
    'COGNITO_CLIENT_ID',
    pattern(/^[\w+]{1,128}$/, 'is not the id of an app client'),
    'AWS console → Cognito → your pool → App clients → your client → Client ID',
  );
  const region = reader.optional(
    'COGNITO_REGION',
    pattern(/^[a-z]{2,3}(?:-[a-z]+){1,3}-\d$/, 'is not the name of an AWS region'),
    'The region of your user pool; leave it out where it is the same as AWS_REGION',
  );
  const settings = {
    // The id of a pool begins with its region.
    region: region ?? regionOf(userPoolId) ?? readRegion(reader),
    userPoolId,
    clientId,
    publicUrl: readWeb(reader).publicUrl,
  };
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return Object.freeze(settings);
}

export const regionOf = (poolId: string | undefined) => POOL_ID.exec(poolId ?? '')?.[1];
