import { expect, test } from 'vitest';
import type { CognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { linkPerson } from '../../../../local/laptop/link-person.ts';
import { passwordOf } from '../cognito/application.ts';
import type { Manners } from './link-app.ts';
import { startLinkApp } from './start-link-app.ts';

const accountOf = (cognito: CognitoStandIn, username: string) => ({
  username,
  password: passwordOf(cognito, username),
});

/** How the linking of alice fails with an app of these manners. */
async function failure(manners: Manners, more: { password?: string; timeoutMs?: number } = {}) {
  const { slack, cognito, links } = await startLinkApp(manners);
  const { password = passwordOf(cognito, 'alice'), ...options } = more;
  const account = { username: 'alice', password };
  const failed: unknown = await linkPerson({ page: slack.pageUrl, user: 'alice', account, ...options }).catch(
    (error: unknown) => error,
  );
  expect(links.size).toBe(0);
  return (failed as Error).message;
}

test('several people are linked at a time, each to the account that they sign in with', async () => {
  const { slack, cognito, links } = await startLinkApp();
  await Promise.all(
    ['alice', 'bob'].map((user) =>
      linkPerson({ page: slack.pageUrl, user, account: accountOf(cognito, user) }),
    ),
  );
  expect(Object.fromEntries(links)).toEqual({
    U0ALICE00000: 'alice@example.com',
    U0BOB0000000: 'bob@example.com',
  });
});

test('a wrong password is reported with the words of the sign-in page', async () => {
  expect(await failure({}, { password: 'Wrong-0000' })).toMatch(
    /^Linking alice stopped at signing in: another page was expected\. Seen last: 200 \/login “.*Incorrect username or password/,
  );
});

test('a refusal after the sign-in is reported with the words of the page', async () => {
  expect(await failure({ afterSignIn: { kind: 'problem', code: 'not_invited' } })).toMatch(
    /^Linking alice stopped at signing in: .* 403 \/link\/callback “Your account is not invited/,
  );
});

test('a bot that offers no link is reported with what it said instead', async () => {
  expect(await failure({ instead: 'Who are you?' }, { timeoutMs: 500 })).toBe(
    'Linking alice stopped at waiting for the private message with the link: nothing more came within 0.5 s. Seen last: “Who are you?”',
  );
});

test('a link that leads away from this machine is not followed', async () => {
  expect(await failure({ linkTo: 'https://threadcore.example' })).toContain(
    'stopped at following the link to the sign-in page: https://threadcore.example/link/start?ticket=',
  );
});

test('a click that the bot does not take is reported', async () => {
  expect(await failure({ deaf: true })).toContain(
    'stopped at pressing “Yes, it was me”: the bot answered 503 to the click.',
  );
});

test('somebody who is not in the workspace cannot be linked', async () => {
  const { slack, cognito } = await startLinkApp();
  const account = accountOf(cognito, 'alice');
  await expect(linkPerson({ page: slack.pageUrl, user: 'nobody', account })).rejects.toThrow(
    /stopped at opening the chat page: .*answered 404/,
  );
});
