import type { MemoryClient } from '../agentcore/memory-client.ts';
import type { MemoryOfPeople } from '../privacy/memory.ts';

type Client = Pick<
  MemoryClient,
  'listSessions' | 'listEvents' | 'listRecords' | 'deleteEvent' | 'deleteRecord'
>;

/**
 * AgentCore Memory as it is exported and erased. Which strategies there are, and where they keep what they learn, the
 * operator decides: whatever has the person's id as a step of its path is the person's.
 */
export function memoryOfPeople(client: Client): MemoryOfPeople {
  return {
    async *sessions(actorId, signal) {
      const ids: string[] = [];
      for await (const { sessionId } of client.listSessions({ actorId, signal })) ids.push(sessionId);
      yield* ids;
    },
    async *eventIds(actorId, sessionId, signal) {
      const events = client.listEvents({ actorId, sessionId, includePayloads: false, signal });
      for await (const { eventId } of events) yield eventId;
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
    async *records(actorId, signal) {
      for await (const { recordId, createdAt, text, namespace } of client.listRecords({
        namespacePath: '/',
        signal,
      }))
        if (namespace.split('/').includes(actorId))
          yield { id: recordId, at: createdAt.getTime(), text, namespace };
    },
    deleteEvent: (actorId, sessionId, eventId, signal) =>
      client.deleteEvent({ actorId, sessionId, eventId, signal }),
    deleteRecord: (recordId, signal) => client.deleteRecord({ recordId, signal }),
  };
}
