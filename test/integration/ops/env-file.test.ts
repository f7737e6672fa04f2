import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openEnvFile } from '../../../scripts/ops/env-file.ts';

const now = () => new Date('2026-01-02T03:04:05.678Z');
const BACKUP = '.env.backup-2026-01-02T03-04-05-678Z';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'env-file-'));
  file = join(folder, '.env');
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function written(before: string, values: Record<string, string>): Promise<string> {
  await writeFile(file, before);
  const { write } = await openEnvFile(file, now);
  await write(values);
  await rm(join(folder, BACKUP));
  return readFile(file, 'utf8');
}

describe('a file of variables', () => {
  test('keeps every line that is not about the new values', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['', 'A=new\n'],
      ['B=1', 'B=1\nA=new\n'],
      ['# note\n\nexport A = "old" # why\nB=1\n', '# note\n\nA=new\nB=1\n'],
      ['A=1\r\nB=2\r\n', 'A=new\r\nB=2\r\n'],
      ['# A=default\nB=1\n', '# A=default\nA=new\nB=1\n'],
      ['A=1\nA=2\n', 'A=new\nA=new\n'],
      ['AA=1\nB_A=2\n#A is fine\n', 'AA=1\nB_A=2\n#A is fine\nA=new\n'],
      ['B="one\ntwo"\n', 'B="one\ntwo"\nA=new\n'],
    ];
    for (const [before, after] of cases) expect(await written(before, { A: 'new' })).toBe(after);
  });

  test('says the same as before about everything else, whatever is in it, or stays as it is', async () => {
    const line = fc.oneof(
      fc.constantFrom(
        'A=1',
        'A="x',
        'y"',
        '# A=',
        "B='A=3",
        "'",
        'export A=4',
        '',
        ' A = `5',
        '`',
        'C="A=\\n"',
      ),
      fc.string({ maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
        const before = lines.join('\n');
        await writeFile(file, before);
        const envFile = await openEnvFile(file, now);
        const refused = await envFile.write({ A: 'new', D: 'https://x.example/y' }).then(
          () => false,
          () => true,
        );
        const after = await readFile(file, 'utf8');
        await rm(join(folder, BACKUP), { force: true });
        if (refused) expect(after).toBe(before);
        else expect(parseEnv(after)).toEqual({ ...parseEnv(before), A: 'new', D: 'https://x.example/y' });
        expect(await readdir(folder)).toEqual(['.env']);
      }),
      { numRuns: 200 },
    );
  });

  test('is only for its owner afterwards, and so is the backup', async () => {
    await writeFile(file, 'A=old\n', { mode: 0o644 });
    await chmod(file, 0o644);
    const backup = await (await openEnvFile(file, now)).write({ A: 'new' });
    expect(backup).toBe(join(folder, BACKUP));
    expect(await readFile(join(folder, BACKUP), 'utf8')).toBe('A=old\n');
    const modes = [file, join(folder, BACKUP)].map(async (each) => (await stat(each)).mode & 0o777);
    expect(await Promise.all(modes)).toEqual([0o600, 0o600]);
  });

  test('is replaced as a whole: who has it open goes on reading the old one', async () => {
    await writeFile(file, 'A=old\n');
    const { ino } = await stat(file);
    await (await openEnvFile(file, now)).write({ A: 'new' });
    expect((await stat(file)).ino).not.toBe(ino);
    expect(await readdir(folder)).toEqual(['.env', BACKUP]);
  });

  test('stays where a link leads', async () => {
    const real = join(folder, 'real.env');
    await writeFile(real, 'A=old\n');
    await symlink(real, file);
    await (await openEnvFile(file, now)).write({ A: 'new' });
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readFile(real, 'utf8')).toBe('A=new\n');
  });

  test('that cannot be replaced is left, without a trace of the attempt', async () => {
    await writeFile(file, 'A=old\n');
    const envFile = await openEnvFile(file, now);
    await rm(file);
    await mkdir(join(file, 'in-the-way'), { recursive: true });
    await expect(envFile.write({ A: 'new' })).rejects.toThrow(/cannot be written/);
    expect(await readdir(folder)).toEqual(['.env']);
    // No backup is overwritten either.
    await rm(file, { recursive: true });
    await writeFile(file, 'A=old\n');
    await writeFile(join(folder, BACKUP), 'precious');
    await expect((await openEnvFile(file, now)).write({ A: 'new' })).rejects.toThrow(/cannot be written/);
    expect(await readFile(join(folder, BACKUP), 'utf8')).toBe('precious');
    expect(await readFile(file, 'utf8')).toBe('A=old\n');
  });
});
