import { isElement } from './elements.ts';
import type { Block } from './model.ts';

/** Slack keeps no ids on these. */
const UNNAMED = new Set(['markdown', 'task_card', 'plan']);

/** Slack names every block and every interactive element that the app left unnamed. Returns new blocks. */
export function nameBlocks(blocks: readonly Block[], nextId: (prefix: string) => string): Block[] {
  const named = (element: unknown): unknown =>
    isElement(element) && element.action_id === undefined
      ? { ...element, action_id: nextId('act') }
      : element;
  return blocks.map((block) => {
    const { elements, accessory, element } = block;
    return {
      ...block,
      ...(UNNAMED.has(block.type) || 'block_id' in block ? {} : { block_id: nextId('b') }),
      ...(Array.isArray(elements) ? { elements: elements.map(named) } : {}),
      ...(accessory === undefined ? {} : { accessory: named(accessory) }),
      ...(element === undefined ? {} : { element: named(element) }),
    };
  });
}
