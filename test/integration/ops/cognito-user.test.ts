import { AdminGetUserCommand, AdminInitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, test } from 'vitest';
import { addClient, errorName, secretHash } from '../local/cognito/admin-client.ts';
import { createAccountDesk, json } from './accounts.ts';

/** An account with a pool, and a client by which a test may try passwords without a browser. */
async function peopledDesk() {
  const desk = await createAccountDesk();
  await desk.run('cognito create');
  const UserPoolId = (await desk.variables()).COGNITO_USER_POOL_ID ?? '';
  const { ClientId, ClientSecret } = await addClient(desk.admin, UserPoolId, { ClientName: 'tries' });
  desk.changesAsked();
  return {
    ...desk,
    people: async () => json(await desk.run('cognito user list --json')).users as Listed[],
    /** What Cognito says to a name and a password. */
    async tries(USERNAME: string, PASSWORD: string): Promise<string> {
      const AuthParameters = {
        USERNAME,
        PASSWORD,
        SECRET_HASH: secretHash(USERNAME, ClientId, ClientSecret),
      };
      const AuthFlow = 'ADMIN_USER_PASSWORD_AUTH';
      const call = desk.admin.send(
        new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow, AuthParameters }),
      );
      const name = await errorName(call);
      return name === 'none' ? ((await call).ChallengeName ?? 'in') : name;
    },
    get: (Username: string) => desk.admin.send(new AdminGetUserCommand({ UserPoolId, Username })),
  };
}

interface Listed {
  readonly username: string;
  readonly status: string;
  readonly enabled: boolean;
  readonly groups: readonly string[];
}

describe('cognito user', { timeout: 90_000 }, () => {
  test('create makes a person with a given password, which stands nowhere', async () => {
    const desk = await peopledDesk();
    const words =
      'cognito user create eve --email eve@example.com --name Eve --group operators --group viewers';
    expect((await desk.run(`${words} --dry-run --password-stdin`, { input: 'Given-2468' })).out).toContain(
      'Would create the user eve.',
    );
    expect(desk.changesAsked()).toEqual([]);
    const made = await desk.run(`${words} --password-stdin`, { input: 'Given-2468\n' });
    expect(made).toEqual({
      code: 0,
      out: 'Created the user eve.\nAdded eve to the group operators.\nAdded eve to the group viewers.\n',
      err: '',
    });
    expect(await desk.tries('eve', 'Given-2468')).toBe('in');
    expect(await desk.tries('eve@example.com', 'Given-2468')).toBe('in');
    desk.changesAsked();
    const again = await desk.run(`${words} --password-stdin`, { input: 'Other-2468\n' });
    expect(again.out).toBe('eve is there already, and keeps the password.\nNothing to do.\n');
    expect(desk.changesAsked()).toEqual([]);
    expect(await desk.tries('eve', 'Given-2468')).toBe('in');
    const temporary = 'cognito user password eve --password-stdin --temporary';
    expect((await desk.run(temporary, { input: 'Later-2468' })).code).toBe(0);
    expect(await desk.tries('eve', 'Later-2468')).toBe('NEW_PASSWORD_REQUIRED');
  });

  test('a weak or unreadable password is refused without being repeated', async () => {
    const desk = await peopledDesk();
    const words = 'cognito user create eve --email eve@example.com --password-stdin';
    const weak = await desk.run(words, { input: 'weakweak' });
    expect(weak).toMatchObject({ code: 1, err: expect.stringContaining('InvalidPasswordException') });
    const spaced = await desk.run(words, { input: 'Given 2468 weak' });
    expect(spaced).toMatchObject({ code: 1, err: expect.stringContaining('without spaces') });
    expect(weak.out + weak.err + spaced.out + spaced.err).not.toMatch(/weakweak|2468/);
    expect(await desk.people()).toEqual([]);
  });

  test('create --test makes one person of each role, and shows made-up passwords only when asked', async () => {
    const desk = await peopledDesk();
    const shown = json(await desk.run('cognito user create --test --show --json')) as {
      passwords: { username: string; password: string }[];
    };
    expect(shown.passwords.map(({ username }) => username)).toEqual([
      'test-viewer',
      'test-operator',
      'test-approver',
      'test-admin',
    ]);
    for (const { username, password } of shown.passwords) {
      expect(await desk.tries(username, password)).toBe('in');
    }
    expect((await desk.people()).map(({ username, groups, status }) => [username, groups, status])).toEqual([
      ['test-admin', ['admins'], 'CONFIRMED'],
      ['test-approver', ['approvers'], 'CONFIRMED'],
      ['test-operator', ['operators'], 'CONFIRMED'],
      ['test-viewer', ['viewers'], 'CONFIRMED'],
    ]);
    for (const { username } of shown.passwords) await desk.run(`cognito user delete ${username} --yes`);
    const hidden = await desk.run('cognito user create --test');
    expect(hidden.out).toContain('Nobody knows their passwords');
    expect((await desk.people()).map(({ status }) => status)).toEqual(
      Array.from({ length: 4 }, () => 'FORCE_CHANGE_PASSWORD'),
    );
    const set = await desk.run('cognito user password test-viewer --show');
    const password = /^test-viewer {2}(\S{20})$/m.exec(set.out)?.[1] ?? '';
    expect(await desk.tries('test-viewer', password)).toBe('in');
  });

  test('groups, disable, enable and delete do it once, and say when there is nothing to do', async () => {
    const desk = await peopledDesk();
    await desk.run('cognito user create eve --email eve@example.com --password-stdin', {
      input: 'Given-2468',
    });
    desk.changesAsked();
    const steps: readonly (readonly [string, string, RegExp])[] = [
      ['group add eve admins', 'AdminAddUserToGroup', /^Added eve to the group admins\.$/m],
      ['group remove eve admins', 'AdminRemoveUserFromGroup', /^Removed eve from the group admins\.$/m],
      ['disable eve', 'AdminDisableUser', /^Disabled the user eve\.$/m],
      ['enable eve', 'AdminEnableUser', /^Enabled the user eve\.$/m],
      ['delete eve --yes', 'AdminDeleteUser', /^Deleted the user eve\.$/m],
    ];
    for (const [words] of steps.slice(0, 3)) await desk.run(`cognito user ${words} --dry-run`);
    expect((await desk.run('cognito user delete eve --dry-run')).out).toBe('Would delete the user eve.\n');
    expect(desk.changesAsked()).toEqual([]);
    for (const [words, operation, told] of steps) {
      expect((await desk.run(`cognito user ${words}`)).out).toMatch(told);
      expect(desk.changesAsked()).toEqual([operation]);
      if (operation === 'AdminDisableUser')
        expect(await desk.tries('eve', 'Given-2468')).toBe('NotAuthorizedException');
      desk.changesAsked();
      expect(await desk.run(`cognito user ${words}`)).toMatchObject({ code: 0, out: 'Nothing to do.\n' });
      expect(desk.changesAsked()).toEqual([]);
    }
    expect(await desk.people()).toEqual([]);
  });

  test('a mistake is told with the next step, and nothing is done', async () => {
    const desk = await peopledDesk();
    await desk.run('cognito user create eve --email eve@example.com');
    desk.changesAsked();
    const mistakes: readonly (readonly [string, string])[] = [
      ['delete eve', 'Add --yes'],
      ['disable nobody', 'no user nobody (npm run ops -- cognito user list)'],
      ['group add eve nobodies', 'It has admins, approvers, operators, viewers.'],
      ['create bob', '--email'],
      ['create bob --test', 'Give a name, or --test.'],
      ['create bob --email bob@example.com --group nobodies', 'no group nobodies'],
      ['password eve', '--password-stdin'],
      ['list --group nobodies', 'no group nobodies'],
    ];
    for (const [words, told] of mistakes) {
      expect(await desk.run(`cognito user ${words}`)).toMatchObject({
        code: 1,
        err: expect.stringContaining(told),
      });
    }
    expect(desk.changesAsked()).toEqual([]);
    expect((await desk.run('cognito user list')).out).toMatch(
      /^user +e-mail +status +groups\neve +eve@example\.com +FORCE_CHANGE_PASSWORD\n$/,
    );
    expect((await desk.run('cognito user list --group admins')).out).toBe('Nobody is there.\n');
    expect((await desk.get('eve')).UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'true' });
  });
});
