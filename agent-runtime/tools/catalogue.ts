import type { Tool } from '@strands-agents/sdk';

/** A tool together with what people are told about it. */
export interface CataloguedTool {
  readonly tool: Tool;
  /** What this call does, in words for the person who waits. `input` comes from the model and is not checked yet. */
  readonly title: (input: unknown) => string;
  /** `write` when the call changes anything outside the agent. */
  readonly effect: 'read' | 'write';
}

export interface Catalogue {
  readonly tools: readonly Tool[];
  describe(name: string, input: unknown): { readonly title: string; readonly effect: 'read' | 'write' };
}

export function createCatalogue(entries: readonly CataloguedTool[]): Catalogue {
  const byName = new Map(entries.map((entry) => [entry.tool.name, entry]));
  return {
    tools: entries.map((entry) => entry.tool),
    describe(name, input) {
      const entry = byName.get(name);
      // A tool that nobody described may do anything.
      if (!entry) return { title: name, effect: 'write' };
      return { title: entry.title(input).slice(0, 120), effect: entry.effect };
    },
  };
}

/** One text field of an unchecked tool input, for titles only. */
export function inputField(input: unknown, name: string): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const value = (input as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, 80) : undefined;
}
