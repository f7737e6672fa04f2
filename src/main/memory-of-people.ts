import type { MemoryClient } from '../agentcore/memory-client.ts';
import { MemoryError } from '../agentcore/memory-errors.ts';
import type { MemoryOfPeople } from '../privacy/memory.ts';

/** As `sessions/session-id.ts` makes them. */
const SESSION = /^tc-[a-z2-7]{52}$/;

type Client = Pick<
  MemoryClient,
  'listSessions' | 'listEvents' | 'listRecords' | 'deleteEvent' | 'deleteRecord'
>;

/**
 * AgentCore Memory as it is exported and erased. What is learnt stands where `memory create` puts it (`RECORD_NAMESPACES`),
 * or wherever else the operator's strategies do: whatever has the person's id as a step of its path is the person's.
 */
export function memoryOfPeople(client: Client): MemoryOfPeople {
  /** A path that Memory does not know as one holds nothing. */
  async function* listed(namespacePath: string, signal: AbortSignal) {
    try {
      yield* client.listRecords({ namespacePath, signal });
    } catch (error) {
      if (!(error instanceof MemoryError) || error.code !== 'memory_invalid') throw error;
    }
  }

  return {
    async *sessions(actorId, signal) {
      const ids: string[] = [];
      for await (const { sessionId } of client.listSessions({ actorId, signal })) ids.push(sessionId);
      yield* ids;
    },
    async *eventIds(actorId, sessionId, signal) {
      const events = client.listEvents({ actorId, sessionId, includePayloads: false, signal });
      for await (const { eventId, at } of events) yield { id: eventId, at: at.getTime() };
    },
    async *events(actorId, sessionId, signal) {
      for await (const { at, payload } of client.listEvents({ actorId, sessionId, signal }))
        yield {
          at: at.getTime(),
          said: payload.flatMap((item) =>
            item.kind === 'message' ? [{ role: item.role, text: item.text }] : [],
          ),
          other: payload.flatMap((item) => (item.kind === 'document' ? [item.value] : [])),
        };
    },
    async *records(actorId, signal, ours) {
      const seen = new Set<string>();
      const own = `/people/${actorId}`;
      for (const namespacePath of ours ? [own] : [own, '/'])
        for await (const { recordId, createdAt, text, namespace } of listed(namespacePath, signal)) {
          if (seen.has(recordId) || !namespace.split('/').includes(actorId)) continue;
          seen.add(recordId);
          const session = namespace.split('/').find((step) => SESSION.test(step));
          yield { id: recordId, at: createdAt.getTime(), text, namespace, ...(session ? { session } : {}) };
        }
    },
    deleteEvent: (actorId, sessionId, eventId, signal) =>
      client.deleteEvent({ actorId, sessionId, eventId, signal }),
    deleteRecord: (recordId, signal) => client.deleteRecord({ recordId, signal }),
  };
}
