import { createHash } from 'node:crypto';
import { cp, glob, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Bundle, bundle } from './bundle.ts';
import type { ScriptNames } from './redis-reader.ts';

/** One place of the source, and what it becomes (as in `String.replace`). */
export interface Change {
  /** The folder; which of its files, matters to nobody. */
  readonly under: string;
  readonly from: RegExp;
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
    for (const change of changes) await apply(change, folder);
    return { folder, scripts: await scriptsOf(folder), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function apply({ under, from, to }: Change, folder: string): Promise<void> {
  let places = 0;
  for await (const file of glob(`${under}/**/*.ts`, { cwd: folder })) {
    const path = join(folder, file);
    const source = await readFile(path, 'utf8');
    const here = [...source.matchAll(new RegExp(from, 'g'))].length;
    if (here > 0) await writeFile(path, source.replace(from, to));
    places += here;
  }
  if (places !== 1) throw new Error(`${under} has ${places} times ${from}; correct planted-defects.ts`);
}

/** The Lua scripts of the backend by their digest: every exported text of a file for Lua, under its name. */
async function scriptsOf(folder: string): Promise<ScriptNames> {
  const scripts = new Map<string, string>();
  for await (const file of glob('src/**/*lua*.ts', { cwd: folder })) {
    const exported = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
    for (const [name, source] of Object.entries(exported)) {
      if (typeof source !== 'string') continue;
      scripts.set(createHash('sha1').update(source).digest('hex'), name.toLowerCase());
    }
  }
  return scripts;
}

/** The same, ready to run. */
export async function buildTree(changes: readonly Change[] = [], root = ROOT): Promise<BuiltTree> {
  const tree = await copyTree(changes, root);
  try {
    // For the operators' command.
    for (const part of ['scripts', 'local', 'infra']) {
      await cp(join(root, part), join(tree.folder, part), { recursive: true });
    }
    return { ...tree, ...(await bundle(join(tree.folder, 'src/main.ts'), tree.folder)) };
  } catch (error) {
    await tree.remove();
    throw error;
  }
}
