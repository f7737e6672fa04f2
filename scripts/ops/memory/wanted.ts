import type { Memory, MemoryStrategyInput } from '@aws-sdk/client-bedrock-agentcore-control';
import { RECORD_NAMESPACES } from '../../../src/contract/memory.ts';
import type { Deviation } from '../cognito/deviations.ts';

/** How the memory should be. */

/** A session that nobody used is archived after 90 days; what was said in it has to be there for longer. */
export const LEAST_EXPIRY_DAYS = 91;
/** The most that AgentCore keeps events. */
export const DEFAULT_EXPIRY_DAYS = 365;

export interface WantedStrategy {
  readonly name: string;
  /** As AgentCore tells it. */
  readonly type: 'SEMANTIC' | 'USER_PREFERENCE' | 'SUMMARIZATION';
  readonly namespace: string;
  readonly input: MemoryStrategyInput;
}

const strategy = <K extends string>(kind: K, name: string, namespace: string, description: string) =>
  ({ [kind]: { name, description, namespaceTemplates: [namespace] } }) as Record<
    K,
    { name: string; description: string; namespaceTemplates: string[] }
  >;

/** Long-term memory: what is learnt of a person, and what conversations were about. */
export const STRATEGIES: readonly WantedStrategy[] = [
  {
    name: 'facts',
    type: 'SEMANTIC',
    namespace: RECORD_NAMESPACES.semantic,
    input: strategy(
      'semanticMemoryStrategy',
      'facts',
      RECORD_NAMESPACES.semantic,
      'What people told of their work',
    ),
  },
  {
    name: 'preferences',
    type: 'USER_PREFERENCE',
    namespace: RECORD_NAMESPACES.preference,
    input: strategy(
      'userPreferenceMemoryStrategy',
      'preferences',
      RECORD_NAMESPACES.preference,
      'How people like to be answered',
    ),
  },
  {
    name: 'summaries',
    type: 'SUMMARIZATION',
    namespace: RECORD_NAMESPACES.summary,
    input: strategy(
      'summaryMemoryStrategy',
      'summaries',
      RECORD_NAMESPACES.summary,
      'What each conversation was about',
    ),
  },
];

const FIX = 'npm run ops -- memory verify --fix';

/** The strategies of their type, whatever their name. */
export const strategyOf = (memory: Memory, { type }: WantedStrategy) =>
  memory.strategies?.find((one) => one.type === type);

const namespacesOf = (memory: Memory, wanted: WantedStrategy) => {
  const found = strategyOf(memory, wanted);
  return found?.namespaceTemplates ?? found?.namespaces;
};

/** Where it differs. `expiryDays` undefined: whatever is long enough. Pure. */
export function deviationsOf(memory: Memory, expiryDays: number | undefined): Deviation[] {
  const days = memory.eventExpiryDuration ?? 0;
  const wrong = expiryDays === undefined ? days < LEAST_EXPIRY_DAYS : days !== expiryDays;
  const found: Deviation[] = wrong
    ? [
        {
          part: 'memory',
          setting: 'eventExpiryDuration',
          is: days,
          wanted: expiryDays ?? DEFAULT_EXPIRY_DAYS,
          mend: FIX,
          fixable: true,
        },
      ]
    : [];
  for (const wanted of STRATEGIES) {
    const namespaces = namespacesOf(memory, wanted);
    if (namespaces?.length === 1 && namespaces[0] === wanted.namespace) continue;
    found.push({
      part: 'strategies',
      setting: wanted.type,
      is: namespaces,
      wanted: [wanted.namespace],
      mend: FIX,
      fixable: true,
    });
  }
  return found;
}
