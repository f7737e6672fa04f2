import { createServer } from 'node:http';
import { createLinkApp } from './link-app.ts';

/** A backend that can do nothing but link people, set up by the environment that laptop mode gives it. Run as a program. */
const { env } = process;
const links = new Map<string, string>();
const app = createLinkApp(
  () => ({
    web: env.PUBLIC_URL ?? '',
    slackApi: env.SLACK_API_URL ?? '',
    botToken: env.SLACK_BOT_TOKEN ?? '',
    cognito: {
      url: env.COGNITO_DOMAIN ?? '',
      clientId: env.COGNITO_CLIENT_ID ?? '',
      clientSecret: env.COGNITO_CLIENT_SECRET ?? '',
    },
  }),
  links,
);
for (const path of ['/healthz', '/readyz']) app.get(path, (_request, response) => void response.send('ok'));
app.get('/links', (_request, response) => void response.json(Object.fromEntries(links)));
createServer(app).listen(Number(env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
