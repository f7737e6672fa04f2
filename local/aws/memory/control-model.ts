import { z } from 'zod';

/** What the model of bedrock-agentcore-control (API version 2023-06-05) says about memories and their strategies. */

const NAMESPACE = /^[a-zA-Z0-9\-_/]*(\{[a-zA-Z][a-zA-Z0-9]*\}[a-zA-Z0-9\-_/]*)*$/;
const ARN = /^arn:[a-z0-9-.]{1,63}:[a-z0-9-.]{0,63}:[a-z0-9-.]{0,63}:[a-z0-9-.]{0,63}:[^/].{0,1023}$/;
const WORDS = /^[a-zA-Z0-9\s._:/=+@-]*$/;

const memoryId = z
  .string()
  .min(12)
  .regex(/^[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}$/);
const name = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,47}$/);
const description = z.string().min(1).max(4096);
const arn = z.string().regex(ARN);
const clientToken = z.string().max(500).optional();
/** Days. */
const eventExpiryDuration = z.number().int().min(3).max(365);
const templates = z.array(z.string().min(1).max(512).regex(NAMESPACE)).min(1).max(1).optional();

const strategy = z.object({
  name,
  description: description.optional(),
  /** The older name of `namespaceTemplates`. */
  namespaces: templates,
  namespaceTemplates: templates,
});
/** A union of the model: exactly one member. */
const strategyInput = z.union([
  z.strictObject({ semanticMemoryStrategy: strategy }),
  z.strictObject({ summaryMemoryStrategy: strategy }),
  z.strictObject({ userPreferenceMemoryStrategy: strategy }),
  z.strictObject({ episodicMemoryStrategy: strategy.loose() }),
  z.strictObject({ customMemoryStrategy: strategy.loose() }),
]);
const indexedKeys = z
  .array(
    z.object({
      key: z.string().min(1).max(128).regex(WORDS),
      type: z.enum(['STRING', 'STRINGLIST', 'NUMBER']),
    }),
  )
  .min(1)
  .max(10);
const namespaceKeys = z
  .array(
    z.object({
      key: z
        .string()
        .min(1)
        .max(32)
        .regex(/^(?!memoryStrategyId$|actorId$|sessionId$)[a-z][a-z0-9]*$/),
      validation: z.json().optional(),
    }),
  )
  .min(1)
  .max(5);
const tags = z
  .record(z.string().min(1).max(128).regex(WORDS), z.string().max(256).regex(WORDS))
  .refine((map) => Object.keys(map).length <= 50, { error: 'has more than 50 entries' });

export const createMemory = z.object({
  clientToken,
  name,
  description: description.optional(),
  encryptionKeyArn: arn.optional(),
  memoryExecutionRoleArn: arn.optional(),
  eventExpiryDuration,
  memoryStrategies: z.array(strategyInput).optional(),
  indexedKeys: indexedKeys.optional(),
  namespaceKeys: namespaceKeys.optional(),
  tags: tags.optional(),
});
export const updateMemory = z.object({
  memoryId,
  clientToken,
  description: description.optional(),
  eventExpiryDuration: eventExpiryDuration.optional(),
  memoryExecutionRoleArn: arn.optional(),
  memoryStrategies: z
    .object({
      addMemoryStrategies: z.array(strategyInput).optional(),
      modifyMemoryStrategies: z
        .array(
          z.object({
            memoryStrategyId: z.string(),
            description: description.optional(),
            namespaces: templates,
            namespaceTemplates: templates,
          }),
        )
        .optional(),
      deleteMemoryStrategies: z.array(z.object({ memoryStrategyId: z.string() })).optional(),
    })
    .optional(),
  addIndexedKeys: indexedKeys.optional(),
  namespaceKeys: namespaceKeys.optional(),
});
export const oneMemory = z.object({
  memoryId,
  view: z.enum(['full', 'without_decryption']).optional(),
  clientToken,
});
export const listMemories = z.object({
  maxResults: z.number().int().min(1).max(100).default(20),
  nextToken: z.string().optional(),
});

export type StrategyInput = z.infer<typeof strategyInput>;
