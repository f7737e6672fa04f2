import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnGuarded } from '../processes/guarded.ts';
import { freePort } from '../redis/start-redis.ts';

/** Microsoft's own client for a laptop: the Microsoft 365 Agents Playground. It sends unsigned activities. */
export interface Playground {
  /** The page to talk to the bot on. */
  readonly url: string;
  close(): Promise<void>;
}

const PACKAGE = '@microsoft/m365agentsplayground';
/** The tenant of everybody in it. */
export const PLAYGROUND_TENANT = '00000000-0000-0000-0000-000000000001';
const UP_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 100;

const user = (number: number, name: string, address: string) => `
  - id: user-id-${number}
    name: ${name}
    userPrincipleName: ${address}@example.com
    aadObjectId: 00000000-0000-0000-0000-00000000002${number}
    givenName: ${name.split(' ')[0]}
    surname: ${name.split(' ')[1]}
    email: ${address}@example.com`;

/** It wants five, neither more nor less. */
const OTHERS = [
  ['Bob Baker', 'bob'],
  ['Carol Cook', 'carol'],
  ['Dan Dyer', 'dan'],
  ['Eve Elder', 'eve'],
  ['Fay Fisher', 'fay'],
] as const;

const CONFIG = `version: "0.1.1"
tenantId: ${PLAYGROUND_TENANT}
bot:
  id: bot-id
  name: Cloud Engineer
currentUser:${user(0, 'Alice Archer', 'alice').replace('\n  - ', '\n    ').replaceAll('\n    ', '\n  ')}
users:${OTHERS.map(([name, address], i) => user(i + 1, name, address)).join('')}
personalChat:
  id: personal-chat-id
groupChat:
  id: group-chat-id
  name: Group Chat
team:
  id: team-id
  name: My Team
  aadGroupId: 00000000-0000-0000-0000-000000000031
  channels:
    - id: cloud-channel-id
      name: cloud
`;

/** Starts it before a bot. Throws when the package is not installed. `botUrl`: ends in `/api/messages`. */
export async function startPlayground(botUrl: string): Promise<Playground> {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  const folder = await mkdtemp(join(tmpdir(), 'agents-playground-'));
  await writeFile(join(folder, '.m365agentsplayground.yml'), CONFIG);
  const port = await freePort();
  const child = await spawnGuarded({
    command: process.execPath,
    args: [
      join(dirname(manifest), 'cli.js'),
      'start',
      '-e',
      botUrl,
      '-c',
      'msteams',
      '-p',
      String(port),
      '--dt',
    ],
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, TEAMSAPPTESTER_BROWSER: 'none' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  const close = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}/`;
  let ended: number | undefined;
  void child.exited.then((code) => {
    ended = code;
  });
  const until = performance.now() + UP_WITHIN_MS;
  while (!(await answers(url))) {
    if (ended !== undefined || performance.now() > until) {
      await close();
      throw new Error(`the Agents Playground did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return { url, close };
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url);
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}
