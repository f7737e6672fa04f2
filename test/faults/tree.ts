import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Bundle, bundle } from './bundle.ts';
import type { ScriptNames } from './redis-reader.ts';

/** One line of the source, and what it becomes. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A copy of the backend's source that nobody edits while it is being tried. */
export interface Tree {
  readonly folder: string;
  readonly scripts: ScriptNames;
  remove(): Promise<void>;
}

/** A tree that can be run. */
export type BuiltTree = Tree & Bundle;

const ROOT = join(import.meta.dirname, '../..');

/**
 * Copies the source of a working tree (default: this one), with `changes` made to it. Throws when a change does not
 * fit exactly once.
 */
export async function copyTree(changes: readonly Change[] = [], root = ROOT): Promise<Tree> {
  const folder = await mkdtemp(join(tmpdir(), 'threadcore-faults-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await cp(join(root, 'src'), join(folder, 'src'), { recursive: true });
    await cp(join(root, 'package.json'), join(folder, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, from, to } of changes) {
      const path = join(folder, file);
      const parts = (await readFile(path, 'utf8')).split(from);
      if (parts.length !== 2) {
        throw new Error(
          `${file} has ${parts.length - 1} times ${JSON.stringify(from)}; correct planted-defects.ts`,
        );
      }
      await writeFile(path, parts.join(to));
    }
    const lua = (await import(pathToFileURL(join(folder, 'src/turns/lua.ts')).href)) as Record<
      string,
      string
    >;
    const scripts = new Map(
      Object.entries(lua).map(([name, source]) => [
        createHash('sha1').update(source).digest('hex'),
        name.toLowerCase(),
      ]),
    );
    return { folder, scripts, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The same, ready to run. */
export async function buildTree(changes: readonly Change[] = [], root = ROOT): Promise<BuiltTree> {
  const tree = await copyTree(changes, root);
  try {
    return { ...tree, ...(await bundle(join(tree.folder, 'src/main.ts'), tree.folder)) };
  } catch (error) {
    await tree.remove();
    throw error;
  }
}
