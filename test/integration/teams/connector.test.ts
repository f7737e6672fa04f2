import { afterEach, expect, test } from 'vitest';
import { createTeamsStandIn, type TeamsStandIn } from '../../../local/teams/stand-in.ts';
import { createConnector } from '../../../src/teams/connector.ts';
import { createTokenSource } from '../../../src/teams/token-source.ts';

const APP_ID = '11111111-2222-4333-8444-555555555555';
const APP_PASSWORD = 'password-of-the-test';
const standIns: TeamsStandIn[] = [];
afterEach(async () => {
  for (const one of standIns.splice(0)) await one.close();
});

async function startConnector() {
  const teams = await createTeamsStandIn({
    appId: APP_ID,
    appPassword: APP_PASSWORD,
    // Nobody listens here.
    botUrl: () => 'http://127.0.0.1:9/api/messages',
    retryDelaysMs: [],
  });
  standIns.push(teams);
  const connector = createConnector({
    token: createTokenSource({
      appId: APP_ID,
      appPassword: APP_PASSWORD,
      tokenUrl: `${teams.url}/botframework.com/oauth2/v2.0/token`,
      now: () => performance.now(),
    }),
    serviceUrlHosts: new Set([teams.environment.TEAMS_SERVICE_URL_HOSTS]),
    allowLoopback: false,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  const place = { serviceUrl: teams.serviceUrl, conversation: '19:cloudgroup@thread.v2' };
  const say = (text: string) => connector.send(place, { type: 'message', text });
  return { teams, say };
}

test('a token that is taken back while many calls are under way costs none of them', async () => {
  const { teams, say } = await startConnector();
  await say('first');
  teams.login.revoke();
  const words = Array.from({ length: 20 }, (_, i) => `word ${i}`);
  await Promise.all(words.map(say));
  const said = teams.messages.map(({ text }) => text);
  expect(said.toSorted()).toEqual(['first', ...words].toSorted());
});

test('where no token is taken, a call asks for one more, and says so', async () => {
  const { teams, say } = await startConnector();
  teams.faults.add({
    method: 'send',
    kind: 'error',
    status: 401,
    code: 'Unauthorized',
    message: 'no',
    times: 9,
  });
  await expect(say('first')).rejects.toMatchObject({ failure: { kind: 'refused', code: 'Unauthorized' } });
  expect(teams.calls).toHaveLength(2);
  expect(teams.login.given()).toBe(2);
});

test('half a character is sent as none, whatever it stands in', async () => {
  const { teams, say } = await startConnector();
  await say('a\ud83d b');
  expect(teams.messages.map(({ text }) => text)).toEqual(['a\ufffd b']);
});
