import { expect, test } from 'vitest';
import { refusePassword } from '../../../../local/cognito/directory/password-policy.ts';
import { PEOPLE } from '../../../../local/cognito/seed.ts';
import { poolSettings } from '../../../../local/cognito/shapes/pool.ts';

const strict = poolSettings.parse({}).Policies.PasswordPolicy;

test.each([
  ['Aa1-567', 'Password not long enough'],
  ['aaaa-1234', 'Password must have uppercase characters'],
  ['AAAA-1234', 'Password must have lowercase characters'],
  ['Aaaa-bbbb', 'Password must have numeric characters'],
  ['Aaaa12345', 'Password must have symbol characters'],
])('%s is refused: %s', (password, why) => {
  expect(refusePassword(password, strict)).toBe(`Password did not conform with policy: ${why}`);
});

test('a pool that states its own policy has no other rules than those', () => {
  const { PasswordPolicy } = poolSettings.parse({
    Policies: { PasswordPolicy: { MinimumLength: 6 } },
  }).Policies;
  expect(refusePassword('simple', PasswordPolicy)).toBeUndefined();
});

test('the passwords of the stand-in’s people satisfy the strictest policy', () => {
  expect(PEOPLE.map(({ password }) => refusePassword(password, strict))).toEqual(PEOPLE.map(() => undefined));
});
