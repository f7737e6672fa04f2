import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { manifestOf, schemaProblems } from '../../../scripts/ops/teams.ts';
import { COMMANDS_ON } from '../../../src/chat/command.ts';
import { COMPILED } from '../../setup/compiled.ts';

const APP_ID = '11111111-2222-4333-8444-555555555555';
const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

async function ops(args: readonly string[], env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'teams-package-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return {
    folder,
    ...(await run(process.execPath, [join(root, 'scripts/ops.ts'), 'teams', ...args], {
      cwd: folder,
      env: { ...COMPILED, PATH: process.env.PATH ?? '', ...env },
    })),
  };
}

/** The files of an archive, by its own directory. */
function unzip(archive: Buffer): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  let at = archive.readUInt32LE(archive.length - 6);
  while (archive.toString('latin1', at, at + 4) === 'PK\u0001\u0002') {
    const [packed, names] = [archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28)];
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files[archive.toString('utf8', at + 46, at + 46 + names)] = inflateRawSync(
      archive.subarray(from, from + packed),
    );
    at += 46 + names;
  }
  return files;
}

test('the package has the manifest of this bot and its icons, and Microsoft’s schema has nothing against it', async () => {
  const { folder, stdout } = await ops(['package', '--out', 'bot.zip'], {
    MICROSOFT_APP_ID: APP_ID,
    MICROSOFT_APP_PASSWORD: 'secret',
    PUBLIC_URL: 'https://bot.example.com',
  });
  expect(stdout).toContain('Wrote bot.zip');
  const files = unzip(await readFile(join(folder, 'bot.zip')));
  expect(Object.keys(files)).toEqual(['manifest.json', 'color.png', 'outline.png']);
  const manifest = JSON.parse(String(files['manifest.json'])) as Record<string, unknown>;
  expect(manifest).toMatchObject({ id: APP_ID, validDomains: ['bot.example.com'] });
  expect(JSON.stringify(manifest)).not.toMatch(/\{\{|secret/);
  expect(await schemaProblems(manifest)).toEqual([]);
  for (const [name, size] of [
    ['color.png', 192],
    ['outline.png', 32],
  ] as const) {
    expect(files[name]?.toString('latin1', 1, 4)).toBe('PNG');
    expect([files[name]?.readUInt32BE(16), files[name]?.readUInt32BE(20)]).toEqual([size, size]);
  }
});

test('each kind of place has a list of commands that are understood there, and the schema is no formality', async () => {
  const template = await readFile(join(root, 'infra/teams/manifest.json'), 'utf8');
  const manifest = manifestOf(template, APP_ID, 'bot.example.com');
  const [bot] = manifest.bots as {
    scopes: string[];
    commandLists: { scopes: string[]; commands: { title: string }[] }[];
  }[];
  expect(bot?.commandLists.flatMap(({ scopes }) => scopes)).toEqual(bot?.scopes);
  for (const { commands } of bot?.commandLists ?? []) {
    expect(COMMANDS_ON).toEqual(expect.arrayContaining(commands.map(({ title }) => title)));
    expect(commands.length).toBeLessThanOrEqual(10);
    expect(commands[0]?.title).toBe('help');
  }
  expect(await schemaProblems({ ...manifest, id: 'no guid' })).not.toEqual([]);
  expect(await schemaProblems({ ...manifest, accentColor: 'red' })).not.toEqual([]);
});

test('a place that cannot be written to is named', async () => {
  const env = {
    MICROSOFT_APP_ID: APP_ID,
    MICROSOFT_APP_PASSWORD: 'secret',
    PUBLIC_URL: 'https://bot.example.com',
  };
  await expect(ops(['package', '--out', 'nowhere/bot.zip'], env)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^nowhere\/bot\.zip cannot be written: ENOENT.*\n$/),
  });
});

test('without an app id or a host it says where to find them', async () => {
  const failed = ops(['package']);
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/MICROSOFT_APP_ID[\s\S]*PUBLIC_URL/),
  });
});
