import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { listFiles } from './list-files.ts';

/** Where src may touch the process: the environment is read once, and one place decides when we end. */
const ALLOWED: Readonly<Record<string, string>> = { env: 'src/config.ts', exit: 'src/main.ts' };

type Node = Record<string, unknown> & { type?: string; value?: unknown };

/** Uses of `process.env` and `process.exit` in src outside the one file that may. Reads the syntax tree, not the text. */
export function checkProcessAccess(root: string): string[] {
  return listFiles(join(root, 'src'), '.ts').flatMap((name) => {
    const file = `src/${name}`;
    const tree = parseSync(readFileSync(join(root, file), 'utf8'), {
      syntax: 'typescript',
      target: 'es2022',
    });
    return [...new Set(findUses(tree as unknown as Node))]
      .filter((use) => ALLOWED[use] !== file)
      .map((use) =>
        use === 'import'
          ? `process-import: ${file} imports node:process; take what it needs as an argument`
          : `process-${use}: ${file} uses process.${use}; only ${ALLOWED[use]} may`,
      );
  });
}

function findUses(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(findUses);
  if (node === null || typeof node !== 'object') return [];
  const current = node as Node;
  const own = useOf(current);
  return [...(own ? [own] : []), ...Object.values(current).flatMap(findUses)];
}

function useOf(node: Node): string | undefined {
  if (node.type === 'ImportDeclaration') {
    const source = (node.source as Node).value;
    return source === 'node:process' || source === 'process' ? 'import' : undefined;
  }
  if (node.type === 'MemberExpression' && isProcess(node.object as Node))
    return known(propertyName(node.property as Node));
  if (node.type === 'VariableDeclarator' && isProcess(node.init as Node | null)) {
    const properties = ((node.id as Node).properties ?? []) as Node[];
    return properties
      .map((property) => known(String((property.key as Node | undefined)?.value)))
      .find(Boolean);
  }
  return undefined;
}

const known = (name: string | undefined) =>
  name !== undefined && Object.hasOwn(ALLOWED, name) ? name : undefined;

function isProcess(node: Node | null): boolean {
  if (node?.type === 'Identifier') return node.value === 'process';
  return node?.type === 'MemberExpression' && propertyName(node.property as Node) === 'process';
}

/** `.env`, `['env']`: the written name of a property, if it is written. */
function propertyName(node: Node): string | undefined {
  const inner = node.type === 'Computed' ? (node.expression as Node) : node;
  return typeof inner.value === 'string' ? inner.value : undefined;
}
