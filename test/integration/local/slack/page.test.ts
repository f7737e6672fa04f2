import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startWorkspace } from './workspace.ts';

test('every file of the page is served, with a policy that lets nothing foreign in', async () => {
  const { slack } = await startWorkspace();
  const index = await (await fetch(slack.pageUrl)).text();
  expect(index).toContain('<html lang="en">');
  const files = readdirSync(new URL('../../../../local/slack/page/', import.meta.url));
  for (const file of files.filter((name) => !name.endsWith('.d.ts'))) {
    const response = await fetch(`${slack.url}/page/${file}`);
    await response.arrayBuffer();
    expect([file, response.status]).toEqual([file, 200]);
    expect(response.headers.get('content-security-policy')).toContain(
      "default-src 'none'; script-src 'self'",
    );
  }
  for (const file of ['constructor', 'model.ts', '..%2fstate.ts']) {
    expect((await fetch(`${slack.url}/page/${file}`)).status).toBe(404);
  }
});

test('a page hears of changes that its user may see, and of no others', async () => {
  const { slack, client } = await startWorkspace();
  const stop = new AbortController();
  const response = await fetch(`${slack.url}/page/events?user=carol`, { signal: stop.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  await slack.postAs('alice', '#incident-room', 'secret of two');
  await slack.postAs('alice', 'dm', 'only the bot');
  const channel = slack.state.channels.find((item) => item.name === 'cloud')?.id ?? '';
  await client.chat.postEphemeral({ channel, user: 'U0ALICE00000', text: 'only alice' });
  await slack.postAs('alice', '#cloud', 'for all');
  let seen = '';
  while (!seen.includes('for all')) seen += (await reader?.read())?.value ?? '';
  stop.abort();
  expect(seen).not.toMatch(/secret of two|only the bot|only alice/);
  const state = await (await fetch(`${slack.url}/page/state?user=carol`)).text();
  expect(state).toContain('for all');
  expect(state).not.toMatch(/secret of two|only the bot|only alice/);
});
