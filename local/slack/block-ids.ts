import type { Block } from './model.ts';

/** Slack keeps no ids on these. */
const UNNAMED = new Set(['markdown', 'task_card', 'plan']);

/** Slack names every block and every button that the app left unnamed. Returns new blocks. */
export function nameBlocks(blocks: readonly Block[], nextId: (prefix: string) => string): Block[] {
  return blocks.map((block) => {
    const elements = Array.isArray(block.elements)
      ? block.elements.map((element: Record<string, unknown>) =>
          element.type === 'button' && element.action_id === undefined
            ? { ...element, action_id: nextId('act') }
            : element,
        )
      : undefined;
    const named =
      UNNAMED.has(block.type) || 'block_id' in block ? block : { ...block, block_id: nextId('b') };
    return elements === undefined ? named : { ...named, elements };
  });
}
