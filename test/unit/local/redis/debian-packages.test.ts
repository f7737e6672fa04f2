import { expect, test } from 'vitest';
import {
  cacheFolder,
  findUnpacked,
  missingLibraries,
  packagesFor,
} from '../../../../local/redis/debian-packages.ts';

test('the libraries that ldd did not find are named, the others are not', () => {
  const output = [
    '\tlinux-vdso.so.1 (0x00007ffd)',
    '\tlibatomic.so.1 => not found',
    '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)',
    '\tlibssl.so.3 => not found',
  ].join('\n');
  expect(missingLibraries(output)).toEqual(['libatomic.so.1', 'libssl.so.3']);
});

test('a library leads to its package, under its new name first', () => {
  expect(packagesFor('libssl.so.3')).toEqual(['libssl3t64', 'libssl3']);
  expect(packagesFor('libatomic.so.1')).toEqual(['libatomic1']);
  expect(packagesFor('libunheard-of.so.7')).toEqual([]);
});

test('the cache follows XDG_CACHE_HOME and else the home folder', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/somewhere' })).toBe('/somewhere/threadcore');
  expect(cacheFolder({})).toMatch(/\/\.cache\/threadcore$/);
});

test('a cache that is not there holds no Redis', async () => {
  expect(await findUnpacked('/does/not/exist')).toBeUndefined();
});
