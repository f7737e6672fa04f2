/** What somebody may be, by the groups of their Cognito account. Each role stands for itself; an admin is all of them. */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** The names of the groups that give each role. */
export type RoleGroups = Readonly<Record<Role, readonly string[]>>;

/** A person as Cognito knows them. */
export interface Principal {
  /** Cognito's `sub`: stays the same for ever, and is nobody's name. */
  readonly sub: string;
  readonly username: string;
  readonly email?: string;
  readonly groups: readonly string[];
}

/** What a decision is about; the audit log knows the same words. */
export type Action = 'ask' | 'stop' | 'approve' | 'operate' | 'read_audit' | 'export' | 'erase';

export interface AccessRules {
  readonly groups: RoleGroups;
  /** automatic: every account of the pool is at least a viewer. invited: only accounts in one of the groups are anything. */
  readonly access: 'automatic' | 'invited';
}

const ALLOWED: Readonly<Record<Action, readonly Role[]>> = {
  ask: ROLES,
  // What is their own; somebody else's is `operate`.
  stop: ROLES,
  export: ROLES,
  erase: ROLES,
  approve: ['approver', 'admin'],
  operate: ['operator', 'admin'],
  read_audit: ['admin'],
};

/** The roles of an account, in the order of `ROLES`; none: it may do nothing here. Pure. */
export function rolesOf(principal: Pick<Principal, 'groups'>, rules: AccessRules): readonly Role[] {
  const member = new Set(principal.groups);
  return ROLES.filter(
    (role) =>
      (role === 'viewer' && rules.access === 'automatic') ||
      rules.groups[role].some((group) => member.has(group)),
  );
}

/** The one place where it is decided what a role may do. Pure. */
export function may(action: Action, roles: readonly Role[]): boolean {
  return roles.some((role) => ALLOWED[action].includes(role));
}
