import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { listFiles } from './list-files.ts';

const FOLDERS = ['src', 'agent-runtime', 'local', 'scripts', 'infra', 'bench', 'test'];
const LINE_WALL = 400;
const DRAWERS = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'manager',
  'managers',
  'service',
  'services',
  'common',
  'misc',
]);
const KEBAB = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

const ourFiles = (root: string, ending = '') =>
  FOLDERS.flatMap((folder) => listFiles(join(root, folder), ending).map((file) => `${folder}/${file}`));

/** Files longer than the wall of 400 lines. One giant file that does everything is the failing to avoid. */
export function checkFileLength(root: string): string[] {
  return ourFiles(root, '.ts').flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length;
    return lines > LINE_WALL
      ? [`too-long: ${file} has ${lines} lines, the wall is ${LINE_WALL}; split it by job`]
      : [];
  });
}

/** Names that say nothing about the job (`utils`, `token-service`), and code files that are not kebab-case. */
export function checkNames(root: string): string[] {
  const files = ourFiles(root);
  const parts = new Set(
    files.flatMap((file) => file.split('/').map((_part, depth, all) => all.slice(0, depth + 1).join('/'))),
  );
  const drawers = [...parts].filter((path) => {
    const stem = basename(path).replace(/\..*$/, '');
    return DRAWERS.has(stem) || DRAWERS.has(stem.split('-').at(-1) ?? '');
  });
  const cased = files.filter((file) => file.endsWith('.ts') && !KEBAB.test(basename(file)));
  return [
    ...drawers.map((path) => `empty-name: ${path} does not say what it does; name it after its job`),
    ...cased.map((path) => `not-kebab-case: ${path}`),
  ];
}
