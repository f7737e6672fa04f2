import { z } from 'zod';

/**
 * What Teams sends, as far as we read it. Source: Bot Framework REST API reference, "Activity object"; Teams, "Activity
 * payload". Whatever else is in an activity is left alone.
 */
const accountSchema = z.object({
  /** `29:…` for people, `28:<app id>` for bots. */
  id: z.string(),
  name: z.string().nullish(),
  /** The person's object id in Microsoft Entra. */
  aadObjectId: z.string().nullish(),
  role: z.string().nullish(),
  /** The person's tenant, where it is another one than the conversation's. */
  tenantId: z.string().nullish(),
});

const entitySchema = z.object({
  type: z.string(),
  text: z.string().nullish(),
  mentioned: z.object({ id: z.string(), name: z.string().nullish() }).nullish(),
});

const attachmentSchema = z.object({
  contentType: z.string().nullish(),
  name: z.string().nullish(),
  contentUrl: z.string().nullish(),
  /** Of a file download: where it can be had. Of the message as HTML: its text. */
  content: z.unknown().optional(),
});

/** Of those that we can read: one that nobody understands takes nothing else with it. */
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(z.unknown())
    .transform((list) =>
      list.flatMap((one): z.output<T>[] => {
        const read = item.safeParse(one);
        return read.success ? [read.data] : [];
      }),
    )
    .nullish();

const activitySchema = z.object({
  type: z.string(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  /** The message that something is about. */
  replyToId: z.string().nullish(),
  // Missing is as bad as blank, and is refused as such.
  channelId: z
    .string()
    .nullish()
    .transform((id) => id ?? ''),
  serviceUrl: z
    .string()
    .nullish()
    .transform((url) => url ?? ''),
  from: accountSchema.nullish(),
  recipient: accountSchema.nullish(),
  conversation: z.object({
    id: z.string().min(1),
    conversationType: z.string().nullish(),
    tenantId: z.string().nullish(),
  }),
  text: z.string().nullish(),
  textFormat: z.string().nullish(),
  locale: z.string().nullish().catch(undefined),
  // botbuilder makes a date of it, also of what is none.
  timestamp: z.union([z.string(), z.date()]).nullish().catch(undefined),
  entities: listOf(entitySchema),
  attachments: listOf(attachmentSchema),
  membersAdded: listOf(accountSchema),
  action: z.string().nullish(),
  value: z.unknown().optional(),
  channelData: z
    .object({
      tenant: z.object({ id: z.string() }).nullish(),
      eventType: z.string().nullish(),
    })
    .nullish(),
});

export type TeamsActivity = z.output<typeof activitySchema>;

/** Undefined for what is no activity of Teams. */
export function readActivity(value: unknown): TeamsActivity | undefined {
  const parsed = activitySchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** The tenant in which the conversation is. */
export function tenantOf({ conversation, channelData }: TeamsActivity): string | undefined {
  return conversation.tenantId ?? channelData?.tenant?.id ?? undefined;
}
