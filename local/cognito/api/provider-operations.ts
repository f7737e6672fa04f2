import { z } from 'zod';
import type { Directory } from '../directory/directory.ts';
import type { IdentityProvider, Pool } from '../directory/model.ts';
import { shapes } from '../shapes/members.ts';
import { fail, type Json, type Operation, operation, pageOf, poolOf, seconds } from './operation.ts';

/** Identity providers of a pool. People can sign in with those of the type OIDC; the others are only remembered. */

const TYPES = ['SAML', 'Facebook', 'Google', 'LoginWithAmazon', 'SignInWithApple', 'OIDC'] as const;
const onePool = z.object({ UserPoolId: shapes.poolId });

export function providerOperations(directory: Directory, now: () => number): Record<string, Operation> {
  return {
    CreateIdentityProvider: operation(
      onePool.extend({
        ProviderName: shapes.text(1, 32, /[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+/u),
        ProviderType: z.enum(TYPES),
        ProviderDetails: shapes.textMap,
        AttributeMapping: z.record(z.string().min(1).max(32), z.string().max(131_072)).optional(),
        IdpIdentifiers: z
          .array(shapes.text(1, 40, /[\w\s+=.@-]+/))
          .max(50)
          .default([]),
      }),
      (input) => {
        const pool = poolOf(directory, input.UserPoolId);
        checkUnused(pool, input.ProviderName, input.IdpIdentifiers);
        checkDetails(input.ProviderType, input.ProviderDetails);
        const provider: IdentityProvider = {
          name: input.ProviderName,
          type: input.ProviderType,
          details: input.ProviderDetails,
          attributeMapping: { username: 'sub', ...input.AttributeMapping },
          identifiers: input.IdpIdentifiers,
          groupsClaim: undefined,
          createdAt: now(),
          modifiedAt: now(),
        };
        pool.providers.set(provider.name, provider);
        return { IdentityProvider: describe(pool, provider) };
      },
    ),
    DescribeIdentityProvider: operation(onePool.extend({ ProviderName: shapes.providerName }), (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const provider = pool.providers.get(input.ProviderName);
      if (!provider) {
        throw fail('ResourceNotFoundException', `Identity provider ${input.ProviderName} does not exist.`);
      }
      return { IdentityProvider: describe(pool, provider) };
    }),
    ListIdentityProviders: operation(
      onePool.extend({
        MaxResults: shapes.integer(0, 60).optional(),
        NextToken: shapes.nextToken.optional(),
      }),
      (input) => {
        const providers = [...poolOf(directory, input.UserPoolId).providers.values()];
        const { items, next } = pageOf(providers, input.MaxResults || 60, input.NextToken);
        return { Providers: items.map(summary), NextToken: next };
      },
    ),
  };
}

function checkUnused(pool: Pool, name: string, identifiers: readonly string[]): void {
  if (pool.providers.has(name)) {
    throw fail('DuplicateProviderException', `A provider with the name ${name} already exists.`);
  }
  const others = [...pool.providers.values()].flatMap((each) => each.identifiers);
  const taken = identifiers.find((each) => others.includes(each));
  if (taken !== undefined) {
    throw fail('InvalidParameterException', `The identifier ${taken} is already used by another provider.`);
  }
}

function checkDetails(type: IdentityProvider['type'], details: Readonly<Record<string, string>>): void {
  if (type === 'SAML') {
    if (details.MetadataURL || details.MetadataFile) return;
    throw fail(
      'InvalidParameterException',
      'Either MetadataURL or MetadataFile is required in ProviderDetails.',
    );
  }
  const needed =
    type === 'OIDC'
      ? ['client_id', 'attributes_request_method', 'oidc_issuer', 'authorize_scopes']
      : ['client_id', 'authorize_scopes'];
  const missing = needed.find((key) => !details[key]);
  if (missing !== undefined) {
    throw fail('InvalidParameterException', `${missing} is required in ProviderDetails.`);
  }
}

function summary(provider: IdentityProvider): Json {
  return {
    ProviderName: provider.name,
    ProviderType: provider.type,
    LastModifiedDate: seconds(provider.modifiedAt),
    CreationDate: seconds(provider.createdAt),
  };
}

function describe(pool: Pool, provider: IdentityProvider): Json {
  return {
    ...summary(provider),
    UserPoolId: pool.id,
    ProviderDetails: provider.details,
    AttributeMapping: provider.attributeMapping,
    IdpIdentifiers: provider.identifiers,
  };
}
