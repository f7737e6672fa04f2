import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as cognito from '@aws-sdk/client-cognito-identity-provider';
import { expect, test } from 'vitest';
import { KEYS, startStandIn } from '../local/aws/start.ts';
import { createAccountDesk } from './accounts.ts';

const page = await readFile(join(import.meta.dirname, '../../../docs/cognito.md'), 'utf8');

test('every command of the page about the user pool works, in its order', { timeout: 120_000 }, async () => {
  const commands = [...page.matchAll(/^npm run ops -- (.+?)(?: +#.*)?$/gm)].map((match) => match[1] ?? '');
  expect(commands.length).toBeGreaterThan(12);
  const aws = await startStandIn({ credentials: KEYS });
  const env = { AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL: aws.url };
  const desk = await createAccountDesk();
  const failed: string[] = [];
  for (const words of commands) {
    const { code, err } = await desk.run(words, { env });
    if (code !== 0) failed.push(`${words}: ${err}`);
  }
  expect(failed).toEqual([]);
});

test('the page names the actions that the commands use, all of them and no others', async () => {
  const sources = ['pools', 'clients', 'client-secrets', 'people'].map((name) =>
    readFile(join(import.meta.dirname, `../../../scripts/ops/cognito/${name}.ts`), 'utf8'),
  );
  const used = new Set(
    [...(await Promise.all(sources)).join('').matchAll(/new (\w+)Command\(|paginate(\w+)\(/g)].map(
      ([, command, list]) => command ?? list ?? '',
    ),
  );
  const table = page.slice(page.indexOf('## What your role needs'), page.indexOf('| `identity create`'));
  const named = new Set([...table.matchAll(/`(?:cognito-idp:)?([A-Z]\w+)`/g)].map((match) => match[1] ?? ''));
  expect([...named].sort()).toEqual([...used].sort());
  expect([...named].filter((name) => !(`${name}Command` in cognito))).toEqual([]);
});
