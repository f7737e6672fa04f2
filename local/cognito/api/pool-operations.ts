import { z } from 'zod';
import type { Directory } from '../directory/directory.ts';
import type { Pool } from '../directory/model.ts';
import { shapes } from '../shapes/members.ts';
import {
  attribute,
  type PoolSettings,
  poolIdentity,
  poolSettings,
  STANDARD_ATTRIBUTES,
} from '../shapes/pool.ts';
import { fail, type Json, type Operation, operation, pageOf, poolOf, seconds } from './operation.ts';

/** User pools, their second factor and their domain. */

const onePool = z.object({ UserPoolId: shapes.poolId });

export function poolOperations(directory: Directory, now: () => number): Record<string, Operation> {
  /** A second factor needs a means: text messages, or a software token that SetUserPoolMfaConfig turned on. */
  function checkMfa(settings: PoolSettings, softwareToken: boolean): void {
    if (settings.MfaConfiguration === 'OFF' || settings.SmsConfiguration || softwareToken) return;
    const message =
      'SMS configuration and Auto verification for phone_number are required when MFA is required/optional';
    throw fail('InvalidParameterException', message);
  }

  const create = operation(poolIdentity.extend(poolSettings.shape), (input) => {
    if (input.AliasAttributes && input.UsernameAttributes) {
      throw fail(
        'InvalidParameterException',
        'Only one of the aliasAttributes or usernameAttributes can be set in a user pool.',
      );
    }
    const settings = poolSettings.parse(input);
    checkMfa(settings, false);
    const pool = directory.addPool(poolIdentity.parse(input), settings);
    return { UserPool: describe(directory, pool) };
  });

  const update = operation(
    onePool.extend(poolSettings.shape).extend({ PoolName: shapes.name.optional() }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      // What the request leaves out is back at its default: UpdateUserPool replaces, it does not merge.
      const settings = poolSettings.parse(input);
      checkMfa(settings, pool.softwareTokenMfa);
      pool.settings = settings;
      if (input.PoolName !== undefined) pool.identity = { ...pool.identity, PoolName: input.PoolName };
      pool.modifiedAt = now();
      return {};
    },
  );

  const setMfa = operation(
    onePool.extend({
      MfaConfiguration: z.enum(['OFF', 'ON', 'OPTIONAL']).default('OFF'),
      SoftwareTokenMfaConfiguration: z.object({ Enabled: z.boolean().default(false) }).optional(),
      SmsMfaConfiguration: z
        .object({ SmsConfiguration: z.record(z.string(), z.unknown()).optional() })
        .optional(),
    }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const softwareToken = input.SoftwareTokenMfaConfiguration?.Enabled ?? false;
      const sms = input.SmsMfaConfiguration?.SmsConfiguration;
      if (input.MfaConfiguration !== 'OFF' && !softwareToken && !sms) {
        const message =
          "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.";
        throw fail('InvalidParameterException', message);
      }
      pool.softwareTokenMfa = softwareToken;
      pool.settings = { ...pool.settings, MfaConfiguration: input.MfaConfiguration, SmsConfiguration: sms };
      pool.modifiedAt = now();
      return mfaOf(pool);
    },
  );

  const createDomain = operation(
    onePool.extend({
      Domain: shapes.domain,
      ManagedLoginVersion: z.number().int().optional(),
      CustomDomainConfig: z.object({ CertificateArn: shapes.arn }).optional(),
    }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const reserved = ['aws', 'amazon', 'cognito'].find((word) => input.Domain.includes(word));
      if (reserved !== undefined) {
        throw fail('InvalidParameterException', `Domain cannot contain reserved word: ${reserved}`);
      }
      if (pool.domain !== undefined) {
        throw fail('InvalidParameterException', 'User pool already has a domain configured.');
      }
      if (directory.byDomain(input.Domain)) {
        throw fail('InvalidParameterException', 'Domain already associated with another user pool.');
      }
      pool.domain = input.Domain;
      return {};
    },
  );

  const addAttributes = operation(
    onePool.extend({ CustomAttributes: z.array(attribute).min(1).max(25) }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const { Schema = [] } = pool.identity;
      const custom = Schema.filter(({ Name }) => !STANDARD_ATTRIBUTES.includes(Name)).map(({ Name }) => Name);
      for (const { Name, Required } of input.CustomAttributes) {
        if (Required)
          throw fail('InvalidParameterException', 'Required custom attributes are not supported currently.');
        if (custom.includes(Name)) {
          throw fail(
            'InvalidParameterException',
            `custom:${Name}: Existing attribute already has name ${Name}.`,
          );
        }
      }
      pool.identity = { ...pool.identity, Schema: [...Schema, ...input.CustomAttributes] };
      pool.modifiedAt = now();
      return {};
    },
  );

  return {
    AddCustomAttributes: addAttributes,
    CreateUserPool: create,
    UpdateUserPool: update,
    DescribeUserPool: operation(onePool, (input) => ({
      UserPool: describe(directory, poolOf(directory, input.UserPoolId)),
    })),
    ListUserPools: operation(
      z.object({ MaxResults: shapes.integer(1, 60), NextToken: shapes.nextToken.optional() }),
      (input) => {
        const { items, next } = pageOf([...directory.pools.values()], input.MaxResults, input.NextToken);
        return { UserPools: items.map(summary), NextToken: next };
      },
    ),
    SetUserPoolMfaConfig: setMfa,
    GetUserPoolMfaConfig: operation(onePool, (input) => mfaOf(poolOf(directory, input.UserPoolId))),
    CreateUserPoolDomain: createDomain,
    DescribeUserPoolDomain: operation(z.object({ Domain: shapes.domain }), ({ Domain }) => {
      const pool = directory.byDomain(Domain);
      // A domain that nobody has is no error.
      if (!pool) return { DomainDescription: {} };
      const { accountId } = directory;
      return {
        DomainDescription: { UserPoolId: pool.id, AWSAccountId: accountId, Domain, Status: 'ACTIVE' },
      };
    }),
  };
}

function summary(pool: Pool): Json {
  return {
    Id: pool.id,
    Name: pool.identity.PoolName,
    LambdaConfig: pool.settings.LambdaConfig,
    LastModifiedDate: seconds(pool.modifiedAt),
    CreationDate: seconds(pool.createdAt),
  };
}

function describe(directory: Directory, pool: Pool): Json {
  const { Schema = [], PoolName: _name, ...identity } = pool.identity;
  const standard = STANDARD_ATTRIBUTES.filter((name) => !Schema.some((each) => each.Name === name));
  return {
    ...summary(pool),
    ...identity,
    ...pool.settings,
    SchemaAttributes: [
      { Name: 'sub', AttributeDataType: 'String', Required: true, Mutable: false },
      ...standard.map((Name) => ({ Name, Required: false, Mutable: true })),
      ...Schema.map((each) => ({
        ...each,
        Name: STANDARD_ATTRIBUTES.includes(each.Name) ? each.Name : `custom:${each.Name}`,
      })),
    ],
    EstimatedNumberOfUsers: pool.users.size,
    Domain: pool.domain,
    Arn: directory.arnOf(pool),
  };
}

function mfaOf(pool: Pool): Json {
  const { MfaConfiguration, SmsConfiguration } = pool.settings;
  return {
    MfaConfiguration,
    ...(SmsConfiguration ? { SmsMfaConfiguration: { SmsConfiguration } } : {}),
    ...(pool.softwareTokenMfa ? { SoftwareTokenMfaConfiguration: { Enabled: true } } : {}),
  };
}
