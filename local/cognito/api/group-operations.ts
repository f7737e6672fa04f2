import { z } from 'zod';
import type { Directory } from '../directory/directory.ts';
import type { Group, Pool } from '../directory/model.ts';
import { addGroup } from '../directory/users.ts';
import { shapes } from '../shapes/members.ts';
import { fail, type Json, type Operation, operation, pageOf, poolOf, seconds, userOf } from './operation.ts';

/** Groups of a pool and who is in them. */

const onePool = z.object({ UserPoolId: shapes.poolId });
const membership = onePool.extend({ Username: shapes.userName, GroupName: shapes.groupName });
const paging = { Limit: shapes.integer(0, 60).optional(), NextToken: shapes.nextToken.optional() };

export function groupOperations(directory: Directory, now: () => number): Record<string, Operation> {
  function member({ UserPoolId, Username, GroupName }: z.infer<typeof membership>) {
    const pool = poolOf(directory, UserPoolId);
    const user = userOf(pool, Username);
    if (!pool.groups.has(GroupName)) throw fail('ResourceNotFoundException', 'Group not found.');
    return { user, group: GroupName };
  }

  function list(
    pool: Pool,
    groups: readonly Group[],
    limit: number | undefined,
    token: string | undefined,
  ): Json {
    const { items, next } = pageOf(groups, limit || 60, token);
    return { Groups: items.map((group) => describe(pool, group)), NextToken: next };
  }

  return {
    CreateGroup: operation(
      onePool.extend({
        GroupName: shapes.groupName,
        Description: z.string().max(2048).optional(),
        RoleArn: shapes.arn.optional(),
        Precedence: z.number().int().min(0).optional(),
      }),
      (input) => {
        const pool = poolOf(directory, input.UserPoolId);
        if (pool.groups.has(input.GroupName)) {
          throw fail('GroupExistsException', 'A group with the name already exists.');
        }
        const { GroupName: name, Description: description, RoleArn: roleArn, Precedence: precedence } = input;
        return { Group: describe(pool, addGroup(pool, { name, description, roleArn, precedence }, now())) };
      },
    ),
    ListGroups: operation(onePool.extend(paging), (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      return list(pool, [...pool.groups.values()], input.Limit, input.NextToken);
    }),
    AdminAddUserToGroup: operation(membership, (input) => {
      const { user, group } = member(input);
      user.groups.add(group);
      return {};
    }),
    AdminRemoveUserFromGroup: operation(membership, (input) => {
      const { user, group } = member(input);
      user.groups.delete(group);
      return {};
    }),
    AdminListGroupsForUser: operation(onePool.extend({ Username: shapes.userName, ...paging }), (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const user = userOf(pool, input.Username);
      const groups = [...pool.groups.values()].filter(({ name }) => user.groups.has(name));
      return list(pool, groups, input.Limit, input.NextToken);
    }),
  };
}

function describe(pool: Pool, group: Group): Json {
  return {
    GroupName: group.name,
    UserPoolId: pool.id,
    Description: group.description,
    RoleArn: group.roleArn,
    Precedence: group.precedence,
    LastModifiedDate: seconds(group.modifiedAt),
    CreationDate: seconds(group.createdAt),
  };
}
