import type { MemoryClient } from '../agentcore/memory-client.ts';
import type { MemoryEvent, MemoryPayload } from '../agentcore/memory-shapes.ts';
import { EVENT_KIND, EVENT_TURN } from '../contract/memory.ts';
import type { MemoryReads, SeenEvent } from '../sessions/restore.ts';

/** AgentCore Memory as the directory of sessions is restored from it. */
export function memoryReads(
  client: Pick<MemoryClient, 'listActors' | 'listSessions' | 'listEvents'>,
): MemoryReads {
  return {
    people: (signal) => client.listActors({ signal }),
    async *sessions(actorId, signal) {
      for await (const { sessionId } of client.listSessions({ actorId, signal })) yield sessionId;
    },
    async *events(actorId, sessionId, signal) {
      for await (const event of client.listEvents({ actorId, sessionId, signal })) yield seen(event);
    },
  };
}

function seen({ at, eventId, metadata, payload }: MemoryEvent): SeenEvent {
  const kind = metadata[EVENT_KIND];
  if (kind === 'session' || kind === 'lane')
    return { at: at.getTime(), change: { metadata: { [EVENT_KIND]: kind }, payload: textOf(payload) } };
  const asked = payload.some((item) => item.kind === 'message' && item.role === 'user');
  return { at: at.getTime(), ...(asked ? { asked: { turn: metadata[EVENT_TURN] ?? eventId } } : {}) };
}

/** Changes are JSON; Memory may have kept it as text or as what it says. */
function textOf([first]: readonly MemoryPayload[]): string {
  if (first?.kind === 'message') return first.text;
  return typeof first?.value === 'string' ? first.value : JSON.stringify(first?.value ?? null);
}
