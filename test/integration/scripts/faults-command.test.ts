import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../../setup/run-command.ts';

// What a campaign finds is tried in `test/e2e/faults.test.ts`; here is what the command says before it begins one.
const FAULTS = join(import.meta.dirname, '../../faults/faults.ts');
const faults = (...args: string[]) => runCommand(FAULTS, args);

it('says what there is when it is asked, and tries nothing', async () => {
  const { out, err, code } = await faults('--help');
  expect(code).toBe(0);
  expect(out).toContain('Usage: npm run faults');
  expect(err).toBe('');
});

it.each([
  ['an unknown option', ['--nope'], "Unknown option '--nope'"],
  [
    'a number that is none',
    ['--seeds', 'many'],
    '--seeds must be a whole number from 1 to 100000, not many.',
  ],
  ['a platform that is none', ['--platform', 'irc'], '--platform must be slack, teams or mixed, not irc.'],
  ['words that no seed begins with', ['--first', 'a flood'], 'No seed there begins with “a flood”.'],
  ['a folder that is not there', ['--root', '/nope'], '--root must be the folder of a working tree'],
])('says in one line what is wrong when it gets %s', async (_what, args, message) => {
  const { out, err, code } = await faults(...args);
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(out).toBe('');
});
