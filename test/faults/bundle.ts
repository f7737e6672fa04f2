import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** What CommonJS packages expect to find, in a file that is an ES module. */
const COMMON_JS = `
import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;
`;

export interface Bundle {
  readonly main: string;
  /** Given to the processes as NODE_COMPILE_CACHE. */
  readonly compileCache: string;
}

/**
 * Puts the backend and its packages into one file, and has Node compile it once. A campaign starts processes by the
 * thousand; from the source, each would spend three times the CPU until it listens.
 */
export async function bundle(entry: string, folder: string): Promise<Bundle> {
  const main = join(folder, 'main.mjs');
  const compileCache = join(folder, 'compiled');
  await build({
    entryPoints: [entry],
    outfile: main,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifyWhitespace: true,
    banner: { js: COMMON_JS },
    logLevel: 'error',
  });
  // A process leaves what it compiled behind when it ends in order, which few will. Imported, main starts nothing.
  await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', `await import(${JSON.stringify(pathToFileURL(main).href)})`],
    { env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  );
  return { main, compileCache };
}
