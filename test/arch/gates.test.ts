import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkProcessAccess } from '../../scripts/gates/process-access.ts';
import { checkFileLength, checkNames } from '../../scripts/gates/shape.ts';

const trees: string[] = [];

async function plant(files: Record<string, string>): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'gates-'));
  trees.push(tree);
  for (const [path, source] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), source);
  }
  return tree;
}

afterEach(async () => {
  await Promise.all(trees.splice(0).map((tree) => rm(tree, { recursive: true })));
});

const lines = (count: number) => `${Array(count).fill('// line').join('\n')}\n`;

test('a file of 400 lines passes and one of 401 does not, in every folder of ours', async () => {
  const folders = ['src', 'agent-runtime', 'local', 'scripts', 'infra', 'bench', 'test'];
  const files = folders.flatMap((folder) => [
    [`${folder}/fits.ts`, lines(400)],
    [`${folder}/deep/over.ts`, lines(401)],
  ]);
  expect(checkFileLength(await plant(Object.fromEntries(files)))).toEqual(
    folders.map((folder) => expect.stringContaining(`too-long: ${folder}/deep/over.ts has 401 lines`)),
  );
});

test.each(['utils', 'helpers', 'manager', 'service'])(
  'nothing is called %s: no folder, no file, no last word',
  async (word) => {
    const tree = await plant({
      [`src/${word}/part.ts`]: '',
      [`local/${word}.ts`]: '',
      [`agent-runtime/token-${word}.ts`]: '',
      'src/teams/service-url.ts': '',
    });
    expect(checkNames(tree)).toEqual([
      expect.stringContaining(`empty-name: src/${word} `),
      expect.stringContaining(`empty-name: agent-runtime/token-${word}.ts `),
      expect.stringContaining(`empty-name: local/${word}.ts `),
    ]);
  },
);

test('code files are kebab-case', async () => {
  const tree = await plant({ 'src/turns/acceptTurn.ts': '', 'src/turns/accept-turn.test.ts': '' });
  expect(checkNames(tree)).toEqual(['not-kebab-case: src/turns/acceptTurn.ts']);
});

test.each([
  ['process-env', 'export const home = process.env.HOME;'],
  ['process-env', `export const home = process['env'].HOME;`],
  ['process-env', 'export const home = globalThis.process.env.HOME;'],
  ['process-env', 'const { env } = process;\nexport const home = env.HOME;'],
  ['process-exit', 'export const end = () => process.exit(1);'],
  ['process-import', `import { env } from 'node:process';\nexport const home = env.HOME;`],
])('%s is reported for: %s', async (rule, source) => {
  expect(checkProcessAccess(await plant({ 'src/turns/a.ts': source }))).toEqual([
    expect.stringMatching(new RegExp(`^${rule}: src/turns/a.ts`)),
  ]);
});

test('config.ts reads the environment, main.ts ends the process, and words in comments and strings are free', async () => {
  const tree = await plant({
    'src/config.ts': 'export const home = process.env.HOME;',
    'src/main.ts': 'process.exit(0);',
    'src/web/a.ts': `// process.env and process.exit() are not for us\nexport const text = 'process.env';\nexport const on = process.uptime();`,
  });
  expect(checkProcessAccess(tree)).toEqual([]);
});

test('config.ts may not exit and main.ts may not read the environment', async () => {
  const tree = await plant({
    'src/config.ts': 'process.exit(0);',
    'src/main.ts': 'export const a = process.env.A;',
  });
  expect(checkProcessAccess(tree)).toEqual([
    expect.stringContaining('process-exit: src/config.ts'),
    expect.stringContaining('process-env: src/main.ts'),
  ]);
});
