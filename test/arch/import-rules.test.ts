import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkImportRules } from '../../scripts/gates/import-rules.ts';

// Small trees with a planted violation each, judged by the repository's real configuration.
const root = join(import.meta.dirname, '..', '..');
const trees: string[] = [];

async function plantTree(files: Record<string, string>): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'import-rules-'));
  trees.push(tree);
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, source] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), source);
  }
  return tree;
}

afterEach(async () => {
  await Promise.all(trees.splice(0).map((tree) => rm(tree, { recursive: true })));
});

/** A clean tree, so that a planted file is the only thing that can be wrong. */
const CLEAN = {
  'src/contract/events.ts': `import { z } from 'zod';\nexport type E = z.infer<typeof s>;\nexport const s = z.string();`,
  'src/chat/vocabulary.ts': `export interface A { readonly a: string }`,
  'src/store/connection.ts': `import { Redis } from 'ioredis';\nexport const open = () => new Redis();`,
  'src/sessions/directory.ts': `import type { A } from '../chat/vocabulary.ts';\nexport const of = (a: A) => a;`,
  'src/web/app.ts': `import express from 'express';\nexport const app = express();`,
  'src/config.ts': `export const config = {};`,
  'src/main.ts': `import { config } from './config.ts';\nimport { app } from './web/app.ts';\napp.set('c', config);`,
  'local/slack/page.ts': `export const page = 1;`,
  'agent-runtime/main.ts': `import type { E } from '../src/contract/events.ts';\nexport const e = (x: E) => x;`,
  'infra/stack.ts': `export const stack = 1;`,
  'scripts/ops.ts': `import { config } from '../src/config.ts';\nexport const ops = config;`,
  'test/unit/sample.ts': `import { of } from '../../src/sessions/directory.ts';\nexport const f = of;`,
};

describe('rooms', () => {
  // The map of ARCHITECTURE, written out once more on purpose: the rules are generated from another list.
  const map = `contract chat telemetry store audit sessions,identity,guardrails,agentcore turns commands slack,teams,web`;
  const order = map.split(' ').map((group) => group.split(','));
  const rank = (room: string) => order.findIndex((group) => group.includes(room));
  const rooms = order.flat();
  const pairs = rooms.flatMap((from) => rooms.filter((to) => to !== from).map((to) => ({ from, to })));

  test.each(['type', 'value'])(
    'an %s import runs against the order exactly when the map forbids it',
    async (kind) => {
      const files: Record<string, string> = {};
      for (const room of rooms)
        files[`src/${room}/part.ts`] = `export interface Part { readonly p: 1 }\nexport const part = 1;`;
      for (const { from, to } of pairs) {
        const path = `../${to}/part.ts`;
        files[`src/${from}/plant-${to}.ts`] =
          kind === 'type'
            ? `import type { Part } from '${path}';\nexport const use = (part: Part) => part;`
            : `import { part } from '${path}';\nexport const use = part;`;
      }
      const lines = await checkImportRules(await plantTree(files));
      for (const { from, to } of pairs) {
        const edge = `src/${from}/plant-${to}.ts → src/${to}/part.ts`;
        const named = lines.filter((line) => line.endsWith(edge)).map((line) => line.replace(/:.*/, ''));
        const expected =
          rank(to) > rank(from)
            ? [`${from}-imports-only-earlier-rooms`]
            : rank(to) === rank(from)
              ? [`${from}-imports-no-neighbour`]
              : [];
        const alsoZodOnly = from === 'contract' ? ['contract-imports-zod-only'] : [];
        expect([edge, ...named.sort()]).toEqual([edge, ...[...expected, ...alsoZodOnly].sort()]);
      }
    },
  );
});

describe('planted violations', () => {
  test('the clean tree passes, so that each case below fails for its own reason only', async () => {
    expect(await checkImportRules(await plantTree(CLEAN))).toEqual([]);
  });

  const use = (specifier: string) => `import * as it from '${specifier}';\nexport const use = it;`;
  test.each([
    ['fence-slack-sdk', 'src/turns/a.ts', use('@slack/bolt')],
    ['fence-slack-sdk', 'src/web/a.ts', `import type { App } from '@slack/bolt';\nexport type B = App;`],
    ['fence-teams-sdk', 'src/slack/a.ts', use('botbuilder')],
    ['fence-teams-sdk', 'src/web/a.ts', use('botbuilder-core')],
    ['fence-aws-sdk', 'src/turns/a.ts', use('@aws-sdk/client-bedrock-agentcore')],
    ['fence-aws-sdk', 'src/store/a.ts', use('@aws-sdk/client-s3')],
    ['fence-kms-client', 'src/turns/a.ts', use('@aws-sdk/client-kms')],
    ['fence-ioredis', 'src/turns/a.ts', `import type { Redis } from 'ioredis';\nexport type R = Redis;`],
    ['fence-bullmq', 'src/web/a.ts', use('bullmq')],
    ['fence-express', 'src/slack/a.ts', `import type { Router } from 'express';\nexport type R = Router;`],
    ['contract-imports-zod-only', 'src/contract/a.ts', use('pino')],
    ['contract-imports-zod-only', 'src/contract/a.ts', use('node:fs')],
    ['only-main-imports-main', 'src/web/a.ts', use('../main.ts')],
    ['config-for-main-and-scripts', 'src/turns/a.ts', use('../config.ts')],
    ['src-stays-inside', 'src/web/a.ts', use('../../local/slack/page.ts')],
    ['src-stays-inside', 'src/web/a.ts', use('../../agent-runtime/main.ts')],
    ['src-stays-inside', 'src/web/a.ts', use('../../scripts/ops.ts')],
    ['src-stays-inside', 'src/web/a.ts', use('../../test/unit/sample.ts')],
    ['local-imports-contract-only', 'local/a.ts', use('../src/chat/vocabulary.ts')],
    ['local-takes-no-server-sdk', 'local/a.ts', use('ioredis')],
    ['agent-runtime-imports-contract-only', 'agent-runtime/a.ts', use('../src/chat/vocabulary.ts')],
    ['agent-runtime-imports-contract-only', 'agent-runtime/a.ts', use('../local/slack/page.ts')],
    ['infra-imports-nothing-from-src', 'infra/a.ts', use('../src/contract/events.ts')],
    ['tests-are-not-imported', 'local/a.ts', use('../test/unit/sample.ts')],
    ['pure-files-take-no-package', 'src/chat/a.ts', use('pino')],
    [
      'pure-files-take-no-package',
      'src/slack/render.ts',
      `import type { Block } from '@slack/web-api';\nexport type B = Block;`,
    ],
    ['pure-files-take-no-builtin', 'src/slack/normalise.ts', use('node:fs')],
    ['pure-files-take-no-builtin', 'src/turns/lease-decision.ts', use('node:timers')],
    ['no-cycles', 'src/chat/a.ts', `import { b } from './b.ts';\nexport const a = () => b;`],
    ['resolvable', 'src/chat/a.ts', use('./nowhere.ts')],
  ])('%s is reported for %s', async (rule, path, source) => {
    const partner = { 'src/chat/b.ts': `import { a } from './a.ts';\nexport const b = () => a;` };
    const tree = await plantTree({ ...CLEAN, [path]: source, ...(rule === 'no-cycles' ? partner : {}) });
    const lines = await checkImportRules(tree);
    expect(lines.join('\n')).toMatch(new RegExp(`^${rule}: ${path}`, 'm'));
  });

  test('hashing is allowed in a pure file', async () => {
    const source = `import { createHash } from 'node:crypto';\nexport const hash = createHash;`;
    expect(await checkImportRules(await plantTree({ ...CLEAN, 'src/chat/a.ts': source }))).toEqual([]);
  });
});

describe('a cruise that does not see the code', () => {
  test('an empty tree fails instead of having nothing to complain about', async () => {
    const lines = await checkImportRules(await plantTree({ 'src/readme.md': 'nothing' }));
    expect(lines.join('\n')).toContain('cruise-saw-nothing');
  });

  test('a tree in which no import is understood fails', async () => {
    const lines = await checkImportRules(
      await plantTree({ 'src/a.ts': 'export const a = 1;', 'src/b.ts': 'export const b = 1;' }),
    );
    expect(lines.join('\n')).toContain('cruise-saw-nothing');
  });

  test('a cruise that skips the .ts files, as it does without a parser for them, fails', async () => {
    const lines = await checkImportRules(await plantTree(CLEAN), { includeOnly: { path: '\\.js$' } });
    expect(lines).toEqual([expect.stringContaining('cruise-saw-nothing: 0 modules')]);
  });

  test('a file of src that the cruise skips is named', async () => {
    const lines = await checkImportRules(await plantTree(CLEAN), { exclude: { path: '^src/web/' } });
    expect(lines).toContain('cruise-missed-a-file: src/web/app.ts');
  });

  test('the cruise of this repository sees every file of src', async () => {
    const lines = await checkImportRules(root);
    expect(lines.filter((line) => line.startsWith('cruise-'))).toEqual([]);
  });
});
