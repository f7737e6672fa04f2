import type { PasswordPolicy } from '../shapes/pool.ts';

/** Why a password is refused, in Cognito's words; undefined when it may be used. */
export function refusePassword(password: string, policy: PasswordPolicy): string | undefined {
  const rules: readonly (readonly [broken: boolean, why: string])[] = [
    [password.length < policy.MinimumLength, 'Password not long enough'],
    [policy.RequireUppercase && !/[A-Z]/.test(password), 'Password must have uppercase characters'],
    [policy.RequireLowercase && !/[a-z]/.test(password), 'Password must have lowercase characters'],
    [policy.RequireNumbers && !/\d/.test(password), 'Password must have numeric characters'],
    [
      policy.RequireSymbols && !/[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]/.test(password),
      'Password must have symbol characters',
    ],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  return broken && `Password did not conform with policy: ${broken[1]}`;
}
