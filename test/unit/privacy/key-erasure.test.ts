import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KEY_ERASURE, type KeyErasure } from '../../../src/privacy/key-erasure.ts';
import { ERASURE_STEPS } from '../../../src/privacy/steps.ts';
import { KEY_FAMILIES } from '../../../src/store/key-families.ts';

const how = (erasure: KeyErasure | undefined): string => {
  if (erasure === undefined) return '';
  if (erasure === 'end') return 'with the erasure itself';
  return typeof erasure === 'string' ? `step \`${erasure}\`` : `stays: ${erasure.stays}`;
};

it('says of every family of keys how a person is erased from it, and of no other', () => {
  expect(Object.keys(KEY_ERASURE).toSorted()).toEqual(
    KEY_FAMILIES.map(({ names: [first = ''] }) => first).toSorted(),
  );
});

it('leaves no step of an erasure that touches keys without a family', () => {
  const used = new Set(Object.values(KEY_ERASURE).filter((erasure) => typeof erasure === 'string'));
  // What these erase stands elsewhere.
  const elsewhere = ['runtime', 'memory'];
  const expected = [...ERASURE_STEPS.filter((step) => !elsewhere.includes(step)), 'end'];
  expect([...used].toSorted()).toEqual(expected.toSorted());
});

it('lets nothing stay that is kept for longer than ten minutes and names a person', () => {
  const long = KEY_FAMILIES.filter(({ names: [first = ''], bound }) => {
    const erasure = KEY_ERASURE[first];
    return typeof erasure === 'object' && bound.kind === 'expires' && bound.withinS > 600;
  });
  // Digests of a place and of a message; counts of a conversation; and what a platform says of a workspace.
  expect(long.map(({ names: [first] }) => first)).toEqual([
    'thread:<id>',
    'teamsanswer:<name>',
    'pace:teams:<thread>',
    'paceheld:<workspace>',
    'pacestrict:<workspace>:<name>',
    'guardcounts:<day>',
  ]);
});

it('is what the guide shows', () => {
  const guide = readFileSync(new URL('../../../docs/privacy.md', import.meta.url), 'utf8');
  const [shown] = /^\| key \|.*?(?=\n\n|\n$)/ms.exec(guide) ?? [];
  const table = [
    '| key | a person is erased from it by |',
    '|---|---|',
    ...KEY_FAMILIES.map(({ names }) => {
      const keys = names.map((name) => `\`…:${name}\``).join(', ');
      return `| ${keys} | ${how(KEY_ERASURE[names[0] ?? ''])} |`;
    }),
  ].join('\n');
  expect(shown).toBe(table);
});
