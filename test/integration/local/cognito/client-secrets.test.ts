import {
  AddCustomAttributesCommand,
  AddUserPoolClientSecretCommand,
  AdminAddUserToGroupCommand,
  CreateGroupCommand,
  DeleteUserPoolClientSecretCommand,
  DescribeUserPoolCommand,
  ListUserPoolClientSecretsCommand,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { expect, test } from 'vitest';
import { addClient, addEve, EVE, errorName, startPool } from './admin-client.ts';

test('a client has up to two secrets, both good, and never loses its last one', async () => {
  const { admin, UserPoolId, cognito } = await startPool();
  const { ClientId, ClientSecret: first } = await addClient(admin, UserPoolId);
  const one = { UserPoolId, ClientId };
  const added = await admin.send(new AddUserPoolClientSecretCommand(one));
  const { ClientSecretValue: second = '', ClientSecretId: secondId } = added.ClientSecretDescriptor ?? {};
  expect(second).toMatch(/^[\w+]{24,64}$/);
  expect(await errorName(admin.send(new AddUserPoolClientSecretCommand(one)))).toBe('LimitExceededException');
  const { ClientSecrets = [] } = await admin.send(new ListUserPoolClientSecretsCommand(one));
  expect(ClientSecrets.map((each) => each.ClientSecretId?.startsWith(`${ClientId}--`))).toEqual([true, true]);
  expect(ClientSecrets.map((each) => each.ClientSecretValue)).toEqual([undefined, undefined]);
  const knock = async (secret: string) => {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: ClientId,
      client_secret: secret,
    });
    const answer = await fetch(`${cognito.url}/oauth2/token`, { method: 'POST', body });
    return ((await answer.json()) as { error: string }).error;
  };
  expect([await knock(first), await knock(second), await knock('wrong')]).toEqual([
    'invalid_grant',
    'invalid_grant',
    'invalid_client',
  ]);
  const remove = (ClientSecretId: string | undefined) =>
    errorName(admin.send(new DeleteUserPoolClientSecretCommand({ ...one, ClientSecretId })));
  expect(await remove(ClientSecrets[0]?.ClientSecretId)).toBe('none');
  expect([await knock(first), await knock(second)]).toEqual(['invalid_client', 'invalid_grant']);
  expect(await remove(ClientSecrets[0]?.ClientSecretId)).toBe('ResourceNotFoundException');
  expect(await remove(secondId)).toBe('InvalidParameterException');
  const open = await addClient(admin, UserPoolId, { GenerateSecret: false });
  const none = new AddUserPoolClientSecretCommand({ UserPoolId, ClientId: open.ClientId });
  expect(await errorName(admin.send(none))).toBe('InvalidParameterException');
});

test('a pool takes further attributes, each once', async () => {
  const { admin, UserPoolId } = await startPool();
  const CustomAttributes = [{ Name: 'team', AttributeDataType: 'String' as const }];
  const add = new AddCustomAttributesCommand({ UserPoolId, CustomAttributes });
  expect([await errorName(admin.send(add)), await errorName(admin.send(add))]).toEqual([
    'none',
    'InvalidParameterException',
  ]);
  const { UserPool } = await admin.send(new DescribeUserPoolCommand({ UserPoolId }));
  expect(UserPool?.SchemaAttributes?.map(({ Name }) => Name)).toContain('custom:team');
});

test('a group tells who is in it', async () => {
  const { admin, UserPoolId } = await startPool();
  await addEve(admin, UserPoolId);
  const group = { UserPoolId, GroupName: 'operators' };
  expect(await errorName(admin.send(new ListUsersInGroupCommand(group)))).toBe('ResourceNotFoundException');
  await admin.send(new CreateGroupCommand(group));
  expect((await admin.send(new ListUsersInGroupCommand(group))).Users).toEqual([]);
  await admin.send(new AdminAddUserToGroupCommand({ ...group, Username: EVE }));
  const { Users = [] } = await admin.send(new ListUsersInGroupCommand(group));
  expect(Users.map(({ Attributes = [] }) => Attributes.find(({ Name }) => Name === 'email')?.Value)).toEqual([
    EVE,
  ]);
});
