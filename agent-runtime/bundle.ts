import { copyFile, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/**
 * Makes the deployable agent: a folder of ES modules that needs no node_modules (`node <folder>/main.js`).
 *
 *   node bundle.ts [folder]        default: dist beside this file
 */

const here = dirname(fileURLToPath(import.meta.url));

/** AgentCore's app loads two plugins through a `require` of its own making, which a bundler cannot follow. */
const followRequires: Plugin = {
  name: 'follow-requires',
  setup({ onLoad }) {
    onLoad({ filter: /bedrock-agentcore[\\/]dist[\\/]src[\\/]runtime[\\/]app\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const own = 'const require = createRequire(import.meta.url);';
      if (!source.includes(own)) {
        throw new Error(`${path} no longer makes its own require: the rewrite in bundle.ts can go.`);
      }
      const contents = source
        .replace(own, '')
        .replace(/const (\w+) = require\('(@fastify\/\w+)'\);/g, "import $1 from '$2';");
      return { contents, loader: 'js' };
    });
  },
};

async function bundle(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await build({
    entryPoints: [join(here, 'main.ts')],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // AgentCore's own runtime for zip files is Node 22.
    target: 'node22',
    // The ES module form of the AWS clients lets unused operations be left out.
    mainFields: ['module', 'main'],
    minify: true,
    // Failures are told apart by class name.
    keepNames: true,
    legalComments: 'linked',
    logLevel: 'warning',
    plugins: [followRequires],
    // CommonJS packages inside an ES module still ask for `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  await copyFile(join(here, 'agent/system-prompt.md'), join(folder, 'system-prompt.md'));
}

await bundle(process.argv[2] ?? join(here, 'dist'));
