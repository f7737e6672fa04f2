import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.threadcore', '.vitest', 'cdk.out']);

/** Files below a folder, relative to it with forward slashes, sorted. A missing folder has none. */
export function listFiles(folder: string, ending = ''): string[] {
  return walk(folder)
    .map((path) => relative(folder, path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith(ending))
    .sort();
}

function walk(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (SKIPPED.has(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return walk(path);
      return entry.isFile() ? [path] : [];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
