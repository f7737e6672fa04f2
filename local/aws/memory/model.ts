import { z } from 'zod';
import { awsError } from '../aws-error.ts';
import { type FieldProblem, refuse } from '../validation.ts';

/**
 * What the model of bedrock-agentcore (API version 2024-02-28) says about the data plane of Memory. The JavaScript
 * clients check none of it. Numbers and patterns are the model's own.
 */

const matching = (pattern: RegExp, min: number, max: number) => z.string().min(min).max(max).regex(pattern);
/** A union of the model: exactly one member. */
const only = <N extends string, S extends z.ZodType>(name: N, shape: S) =>
  z.strictObject({ [name]: shape } as Record<N, S>);

export const MEMORY_ID =
  /^(arn:(aws|aws-cn|aws-us-gov):bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:memory\/)?[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}$/;
const WORDS = /^[a-zA-Z0-9\s._:/=+@-]*$/;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9-_]*$/;

const memoryId = z.string().min(12).regex(MEMORY_ID);
const actorId = matching(/^[a-zA-Z0-9][a-zA-Z0-9-_/]*(?::[a-zA-Z0-9-_/]+)*[a-zA-Z0-9-_/]*$/, 1, 255);
const sessionId = matching(NAME, 1, 100);
const eventId = z.string().regex(/^[0-9]+#[a-fA-F0-9]+$/);
const branchName = matching(NAME, 1, 100);
const metadataKey = matching(WORDS, 1, 128);
const strategyId = matching(NAME, 1, 100);
const recordId = matching(/^mem-[a-zA-Z0-9-_]*$/, 40, 50);
const namespace = matching(/^[a-zA-Z0-9/*][a-zA-Z0-9-_/*]*(?::[a-zA-Z0-9-_/*]+)*[a-zA-Z0-9-_/*]*$/, 1, 1024);
const namespaces = z.array(namespace).max(1);
/** Epoch seconds with fractions. */
const timestamp = z.number();

export const metadataValue = only('stringValue', matching(WORDS, 0, 256));
const metadata = z
  .record(metadataKey, metadataValue)
  .refine((map) => Object.keys(map).length <= 15, { error: 'has more than 15 entries' });

export const payloadItem = z.union([
  only(
    'conversational',
    z.object({
      content: only('text', z.string().min(1).max(100_000)),
      role: z.enum(['ASSISTANT', 'USER', 'TOOL', 'OTHER']),
    }),
  ),
  only('blob', z.json()),
  only('json', z.object({ content: z.json() })),
]);

const namespaceVariables = z
  .record(
    matching(/^(?!memoryStrategyId$|actorId$|sessionId$)[a-z][a-z0-9]*$/, 1, 32),
    matching(/^[a-z0-9][a-z0-9-_]*$/, 1, 64),
  )
  .refine((map) => Object.keys(map).length >= 1 && Object.keys(map).length <= 5, {
    error: 'has not 1 to 5 entries',
  });

const ofMemory = z.object({ memoryId });
const ofSession = ofMemory.extend({ actorId, sessionId });
const paged = {
  maxResults: z.number().int().min(1).max(100).default(20),
  nextToken: z.string().optional(),
};

export const createEvent = ofMemory.extend({
  actorId,
  sessionId: sessionId.optional(),
  eventTimestamp: timestamp,
  payload: z.array(payloadItem).max(100),
  branch: z.object({ rootEventId: eventId.optional(), name: branchName }).optional(),
  clientToken: z.string().optional(),
  metadata: metadata.optional(),
  extractionMode: z.enum(['SKIP']).optional(),
  extractionConfig: z.object({ namespaceVariables: namespaceVariables.optional() }).optional(),
});
export const oneEvent = ofSession.extend({ eventId });

const eventMetadataFilter = z.object({
  left: only('metadataKey', metadataKey),
  operator: z.enum(['EQUALS_TO', 'EXISTS', 'NOT_EXISTS']),
  right: only('metadataValue', metadataValue).optional(),
});
export const listEvents = ofSession.extend({
  ...paged,
  includePayloads: z.boolean().default(false),
  filter: z
    .object({
      branch: z.object({ name: branchName, includeParentBranches: z.boolean().default(false) }).optional(),
      eventMetadata: z.array(eventMetadataFilter).min(1).max(5).optional(),
    })
    .optional(),
});
export const listSessions = ofMemory.extend({
  actorId,
  ...paged,
  filter: z.object({ eventFilter: z.enum(['HAS_EVENTS']).optional() }).optional(),
});
export const listActors = ofMemory.extend(paged);

export const recordMetadataValue = z.union([
  only('stringValue', matching(WORDS, 1, 256)),
  only(
    'stringListValue',
    z
      .array(matching(WORDS, 1, 64))
      .min(1)
      .max(5),
  ),
  only('numberValue', z.number()),
  only('dateTimeValue', timestamp),
]);
const recordMetadata = z
  .record(metadataKey, recordMetadataValue)
  .refine((map) => Object.keys(map).length >= 1 && Object.keys(map).length <= 20, {
    error: 'has not 1 to 20 entries',
  });
const recordFilters = z
  .array(
    z.object({
      left: only('metadataKey', metadataKey),
      operator: z.enum([
        'EQUALS_TO',
        'EXISTS',
        'NOT_EXISTS',
        'BEFORE',
        'AFTER',
        'CONTAINS',
        'GREATER_THAN',
        'GREATER_THAN_OR_EQUALS',
        'LESS_THAN',
        'LESS_THAN_OR_EQUALS',
      ]),
      right: only('metadataValue', recordMetadataValue).optional(),
    }),
  )
  .min(1)
  .max(5)
  .optional();

const inNamespace = { namespace: namespace.optional(), namespacePath: namespace.optional() };
export const retrieveRecords = ofMemory.extend({
  ...inNamespace,
  ...paged,
  searchCriteria: z.object({
    searchQuery: z.string().min(1).max(10_000),
    memoryStrategyId: strategyId.optional(),
    topK: z.number().int().min(1).max(100).default(10),
    metadataFilters: recordFilters,
  }),
});
export const listRecords = ofMemory.extend({
  ...inNamespace,
  ...paged,
  memoryStrategyId: strategyId.optional(),
  metadataFilters: recordFilters,
});
export const oneRecord = ofMemory.extend({ memoryRecordId: recordId, namespace: namespace.optional() });

const content = only('text', z.string().min(1).max(16_000));
export const batchCreate = ofMemory.extend({
  clientToken: z.string().optional(),
  records: z
    .array(
      z.object({
        requestIdentifier: matching(/^[a-zA-Z0-9_-]+$/, 1, 80),
        namespaces,
        content,
        timestamp,
        memoryStrategyId: strategyId.optional(),
        metadata: recordMetadata.optional(),
      }),
    )
    .max(100),
});
export const batchUpdate = ofMemory.extend({
  records: z
    .array(
      z.object({
        memoryRecordId: recordId,
        timestamp,
        content: content.optional(),
        namespaces: namespaces.optional(),
        sourceNamespaces: namespaces.optional(),
        memoryStrategyId: strategyId.optional(),
        metadata: recordMetadata.optional(),
      }),
    )
    .max(100),
});
export const batchDelete = ofMemory.extend({
  records: z.array(z.object({ memoryRecordId: recordId, namespace: namespace.optional() })).max(100),
});

export type CreateEvent = z.infer<typeof createEvent>;
export type EventMetadataFilter = z.infer<typeof eventMetadataFilter>;
export type RecordMetadataFilter = NonNullable<z.infer<typeof recordFilters>>[number];
export type RecordMetadataValue = z.infer<typeof recordMetadataValue>;
export type Metadata = z.infer<typeof metadata>;
export type RecordMetadata = z.infer<typeof recordMetadata>;

/** Reads an input by its model. Throws ValidationException that names every member that breaks it; never a value. */
export function readModel<T>(input: unknown, model: z.ZodType<T>): T {
  const parsed = model.safeParse(input);
  if (parsed.success) return parsed.data;
  refuse(
    parsed.error.issues.map(
      (issue): FieldProblem => ({
        name: issue.path.join('.'),
        message: issue.code === 'custom' ? issue.message : `does not follow the model (${issue.code})`,
      }),
    ),
  );
  throw parsed.error;
}

/** Memory's own refusal of what the model alone does not forbid. */
export const invalidInput = (message: string) => awsError(400, 'InvalidInputException', message);

/** Memory's own errors and their HTTP status; the others are those of the runtime. */
export const MEMORY_ERROR_STATUS: Readonly<Record<string, number>> = {
  InvalidInputException: 400,
  ThrottledException: 429,
  ServiceException: 500,
};
