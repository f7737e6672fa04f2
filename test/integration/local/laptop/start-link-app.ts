import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type CognitoStandIn, createCognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { createSlackStandIn, type SlackStandIn } from '../../../../local/slack/stand-in.ts';
import { createLinkApp, type Manners } from './link-app.ts';

/** The app between the stand-ins. `links` is who got linked to which account. */
export async function startLinkApp(manners: Manners = {}): Promise<{
  slack: SlackStandIn;
  cognito: CognitoStandIn;
  links: Map<string, string>;
}> {
  const links = new Map<string, string>();
  const app = createLinkApp(
    () => ({
      web,
      slackApi: slack.apiUrl,
      botToken: 'xoxb-fake',
      cognito: { ...cognito, clientSecret: cognito.clientSecret ?? '' },
    }),
    links,
    manners,
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cognito = await createCognitoStandIn({ callbackUrls: [`${web}/link/callback`], requirePkce: true });
  const slack = await createSlackStandIn({
    eventsUrl: `${web}/slack/events`,
    signingSecret: 'signing-secret',
    botToken: 'xoxb-fake',
  });
  onTestFinished(async () => {
    await slack.close();
    await cognito.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { slack, cognito, links };
}
