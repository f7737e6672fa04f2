import type { AgentConfig } from './agent.ts';
import type { GuardrailConfig } from './guardrails.ts';
import { oneOf, pattern, type Reader } from './reader.ts';

export interface MemoryConfig {
  readonly region: string;
  /** Undefined: there is no Memory. */
  readonly id: string | undefined;
  /** Memory and the runtime are one service. */
  readonly endpoint: string | undefined;
  /** Who writes what was said: the agent itself, or this backend after each turn. */
  readonly writer: 'agent' | 'backend';
}

export const readMemoryId = (reader: Reader): string | undefined =>
  reader.optional(
    'MEMORY_RESOURCE_ID',
    pattern(/^[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}$/, 'is not the id of an AgentCore memory'),
    'npm run ops -- memory create makes one and prints it; AWS console → Bedrock AgentCore → Memory → Memory ID',
  );

/** AgentCore Memory. Without it a conversation lasts as long as the agent's process. */
export function readMemory(
  reader: Reader,
  agent: Pick<AgentConfig, 'region' | 'endpoint' | 'protocol'>,
  mode: GuardrailConfig['mode'],
): MemoryConfig {
  const id = readMemoryId(reader);
  const writer = reader.withDefault(
    'MEMORY_WRITER',
    oneOf('agent', 'backend'),
    // Of another agent nobody knows whether it writes; and ours would write what is withheld (`toldWriter`).
    agent.protocol === 'generic' || mode === 'enforce' ? 'backend' : 'agent',
    'agent where the agent itself writes what was said to Memory, backend where it does not; the agent needs the same value',
  );
  return { region: agent.region, id, endpoint: agent.endpoint, writer };
}
