import { join } from 'node:path';
import { RECORD_NAMESPACES } from '../../src/contract/memory.ts';
import type { MemoryOptions } from '../aws/stand-in.ts';

/** The memory of a laptop, as `npm run ops -- memory create` would make it. */
export const LAPTOP_MEMORY = 'threadcore-Laptop0001';

/** What was said outlives laptop mode, in a folder of its own. */
export const laptopMemory = (folder: string): MemoryOptions => ({
  folder: join(folder, 'memory'),
  memories: [
    {
      id: LAPTOP_MEMORY,
      eventExpiryDuration: 365,
      memoryStrategies: [
        { semanticMemoryStrategy: { name: 'facts', namespaceTemplates: [RECORD_NAMESPACES.semantic] } },
        {
          userPreferenceMemoryStrategy: {
            name: 'preferences',
            namespaceTemplates: [RECORD_NAMESPACES.preference],
          },
        },
        { summaryMemoryStrategy: { name: 'summaries', namespaceTemplates: [RECORD_NAMESPACES.summary] } },
      ],
    },
  ],
});
