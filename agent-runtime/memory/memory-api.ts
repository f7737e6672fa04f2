import type { Event, MemoryRecordSummary } from '@aws-sdk/client-bedrock-agentcore';
import { EVENT_KIND, recordsPath, type TalkEvent } from '../../src/contract/memory.ts';

/** Whose memory, and of which conversation. */
export interface Place {
  /** What `memoryActor` makes of the person. */
  readonly actorId: string;
  readonly sessionId: string;
}

/** The calls of AgentCore Memory that the agent makes. All throw the SDK's errors; none retries for long. */
export interface MemoryApi {
  /** What was said in the session, newest first, page by page as it is read. */
  talk(place: Place, signal: AbortSignal): AsyncIterable<Event>;
  /** The records of the person that fit a question best. */
  records(
    input: { readonly actorId: string; readonly query: string; readonly most: number },
    signal: AbortSignal,
  ): Promise<readonly MemoryRecordSummary[]>;
  /** The same token again writes nothing. */
  write(place: Place, event: TalkEvent, signal: AbortSignal): Promise<void>;
}

const PAGE = 50;
const MAX_QUERY = 10_000;

/** `AWS_ENDPOINT_URL…`, profiles and credentials are read by the SDK itself, which is loaded when first needed. */
export function createMemoryApi(options: { readonly memoryId: string; readonly region: string }): MemoryApi {
  const { memoryId, region } = options;
  let loaded: ReturnType<typeof load> | undefined;
  async function load() {
    const sdk = await import('./load-memory.ts');
    const client = new sdk.BedrockAgentCoreClient({
      region,
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
    });
    return { sdk, client };
  }
  const ready = () => {
    loaded ??= load();
    return loaded;
  };

  return {
    async *talk(place, abortSignal) {
      const { sdk, client } = await ready();
      let nextToken: string | undefined;
      do {
        const command = new sdk.ListEventsCommand({
          memoryId,
          ...place,
          includePayloads: true,
          maxResults: PAGE,
          nextToken,
          // Names, tags and places of sessions are no talk.
          filter: { eventMetadata: [{ left: { metadataKey: EVENT_KIND }, operator: 'NOT_EXISTS' }] },
        });
        const page = await client.send(command, { abortSignal });
        yield* page.events ?? [];
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    },

    async records({ actorId, query, most }, abortSignal) {
      const { sdk, client } = await ready();
      const command = new sdk.RetrieveMemoryRecordsCommand({
        memoryId,
        namespacePath: recordsPath(actorId),
        maxResults: most,
        searchCriteria: { searchQuery: query.slice(0, MAX_QUERY).toWellFormed(), topK: most },
      });
      return (await client.send(command, { abortSignal })).memoryRecordSummaries ?? [];
    },

    async write(place, { token, at, role, text, metadata }, abortSignal) {
      const { sdk, client } = await ready();
      const command = new sdk.CreateEventCommand({
        memoryId,
        ...place,
        clientToken: token,
        eventTimestamp: new Date(at),
        payload: [{ conversational: { role: role === 'user' ? 'USER' : 'ASSISTANT', content: { text } } }],
        metadata: Object.fromEntries(
          Object.entries(metadata).map(([key, value]) => [key, { stringValue: value }]),
        ),
      });
      await client.send(command, { abortSignal });
    },
  };
}
