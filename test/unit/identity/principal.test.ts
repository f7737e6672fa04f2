import { describe, expect, it } from 'vitest';
import {
  type AccessRules,
  type Action,
  may,
  ROLES,
  type Role,
  rolesOf,
} from '../../../src/identity/principal.ts';

const groups = {
  viewer: ['viewers'],
  operator: ['operators', 'sre'],
  approver: ['approvers'],
  admin: ['admins'],
};
const AUTOMATIC: AccessRules = { groups, access: 'automatic' };
const INVITED: AccessRules = { groups, access: 'invited' };

describe('the roles of an account', () => {
  it.each<readonly [string[], AccessRules, Role[]]>([
    [[], AUTOMATIC, ['viewer']],
    [[], INVITED, []],
    [['somewhere else'], INVITED, []],
    [['viewers'], INVITED, ['viewer']],
    [['sre', 'approvers'], INVITED, ['operator', 'approver']],
    [['sre'], AUTOMATIC, ['viewer', 'operator']],
    [['Viewers', 'admins '], INVITED, []],
    [['admins'], INVITED, ['admin']],
  ])('in %j under %o are %j', (member, rules, roles) => {
    expect(rolesOf({ groups: member }, rules)).toEqual(roles);
  });
});

// Every action once: a new one without a row here does not compile.
const TABLE: Record<Action, readonly Role[]> = {
  ask: ROLES,
  stop: ROLES,
  export: ROLES,
  erase: ROLES,
  approve: ['approver', 'admin'],
  operate: ['operator', 'admin'],
  read_audit: ['admin'],
};

describe('what a role may do', () => {
  it.each(Object.entries(TABLE) as [Action, readonly Role[]][])(
    '%s: %j, and nobody else',
    (action, roles) => {
      expect(ROLES.filter((role) => may(action, [role]))).toEqual(roles);
    },
  );

  it('is nothing without a role', () => {
    for (const action of Object.keys(TABLE) as Action[]) expect(may(action, [])).toBe(false);
  });
});
