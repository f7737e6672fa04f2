import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as memoryLua from '../../../src/agentcore/memory-quota-lua.ts';
import * as auditLua from '../../../src/audit/lua.ts';
import * as identityLua from '../../../src/identity/lua.ts';
import * as privacyLua from '../../../src/privacy/lua.ts';
import * as sessionsLua from '../../../src/sessions/lua.ts';
import * as sessionChangesLua from '../../../src/sessions/lua-changes.ts';
import * as outboxLua from '../../../src/sessions/memory-outbox-lua.ts';
import * as pacingLua from '../../../src/store/call-pacing-lua.ts';
import { familyOf, KEY_FAMILIES } from '../../../src/store/key-families.ts';
import * as lua from '../../../src/turns/lua.ts';
import * as changesLua from '../../../src/turns/lua-changes.ts';
import * as eraseLua from '../../../src/turns/lua-erase.ts';
import * as parkingLua from '../../../src/turns/lua-parking.ts';

const table = [
  '| key | holds | kept |',
  '|---|---|---|',
  ...KEY_FAMILIES.map(({ names, holds, kept }) => {
    const keys = names.map((name) => `\`…:${name}\``).join(', ');
    return `| ${keys} | ${holds} | ${kept} |`;
  }),
].join('\n');

it('the guide shows the families as they are', () => {
  const guide = readFileSync(new URL('../../../docs/operate.md', import.meta.url), 'utf8');
  const [shown] = /^\| key \|.*?(?=\n\n)/ms.exec(guide) ?? [];
  expect(shown).toBe(table);
});

it('every kind of key that a script names has a family', () => {
  const scripts = [
    lua,
    changesLua,
    pacingLua,
    auditLua,
    memoryLua,
    identityLua,
    sessionsLua,
    privacyLua,
    eraseLua,
    parkingLua,
    sessionChangesLua,
    outboxLua,
  ].flatMap(Object.values<string>);
  const used = scripts.flatMap((script) =>
    // Names in quotes stand as they are; whatever follows them differs.
    [...script.matchAll(/key\('([a-z]+(?:', '[a-z]+)*)'(,)?/g)].map(
      ([, names = '', more]) => names.replaceAll("', '", ':') + (more ? ':x' : ''),
    ),
  );
  expect(used.length).toBeGreaterThan(20);
  expect(used.filter((name) => familyOf('{tc}', `{tc}:${name}`) === undefined)).toEqual([]);
});

it.each([
  ['{tc}:turn:turn-1', 'turn:<id>'],
  ['{tc}:ready', 'ready'],
  ['{tc}:ready:T1', 'ready'],
  ['{tc}:pace:T1:chat.postMessage:C1', 'pace:<workspace>:<method>'],
  ['{tc}:pace:teams:abc', 'pace:teams:<thread>'],
  ['{tc}:paceheld:T1', 'paceheld:<workspace>'],
  ['{tc}:quota:T1:abc', 'quota:<tenant>'],
  ['{tc}:wakes:id', 'wakes:id'],
  ['{tc}:wakes:17', 'wakes:<name>'],
  ['{tc}:wakes:17:lock', 'wakes:<name>'],
  ['{tc}:unsigned:audit:log', 'audit:log'],
])('%s belongs to %s', (key, first) => {
  expect(familyOf('{tc}', key)?.names[0]).toBe(first);
});

it.each([
  '{tc}:turn:',
  '{tc}:turns',
  '{tc}:leases:1',
  '{tc}:readyto',
  'turn:1',
  '{tc-other}:turn:1',
  'bull:wakes:id',
])('%s belongs to nobody', (key) => {
  expect(familyOf('{tc}', key)).toBeUndefined();
});
