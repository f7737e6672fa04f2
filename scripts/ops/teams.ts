import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Command } from 'commander';
import { type COMMANDS_ON, grammar } from '../../src/chat/command.ts';
import { COMMANDS } from '../../src/chat/command-table.ts';
import { readWeb } from '../../src/config/core.ts';
import { createReader } from '../../src/config/reader.ts';
import { readTeams } from '../../src/config/teams.ts';
import { Complaint, configured, HELP_HINT } from './redis.ts';
import { zip } from './zip.ts';

const FOLDER = join(import.meta.dirname, '../../infra/teams');
const ICONS = ['color.png', 'outline.png'] as const;
/**
 * What Teams offers while somebody writes to the bot: ten at most for a kind of place, so those that are of use there. All
 * commands are understood everywhere, and the help tells of all.
 */
const OFFERED = [
  {
    scopes: ['personal'],
    commands: ['help', 'sessions', 'new', 'resume', 'history', 'search', 'tasks', 'stop', 'whoami', 'export'],
  },
  {
    scopes: ['team', 'groupChat'],
    commands: ['help', 'status', 'stop', 'new', 'sessions', 'resume', 'rename', 'archive', 'tasks', 'link'],
  },
] as const satisfies { scopes: string[]; commands: (typeof COMMANDS_ON)[number][] }[];
const DEFAULT_FILE = 'threadcore-teams.zip';

interface PackageOptions {
  readonly out: string;
  readonly appId?: string;
  readonly host?: string;
}

/** `teams package`. */
export function teamsCommand(): Command {
  const teams = new Command('teams').description('The bot in Microsoft Teams.').showHelpAfterError(HELP_HINT);
  teams
    .command('package')
    .description('makes the app package to upload to Teams, checked against Microsoft’s schema')
    .option('--out <file>', 'where to write it', DEFAULT_FILE)
    .option('--app-id <id>', 'default: MICROSOFT_APP_ID')
    .option('--host <name>', 'the public host of the backend; default: that of PUBLIC_URL')
    .action(makePackage);
  return teams;
}

async function makePackage({ out, ...given }: PackageOptions): Promise<void> {
  const known = await settings();
  const appId = given.appId ?? known.appId;
  const host = given.host ?? known.host;
  const missing = [
    ...(appId
      ? []
      : ['Set MICROSOFT_APP_ID, or say --app-id: Azure portal → your Azure Bot → Configuration']),
    ...(host ? [] : ['Set PUBLIC_URL, or say --host: the host that Teams and browsers reach the backend by']),
  ];
  if (!appId || !host) throw new Complaint(missing.join('\n'));
  const manifest = manifestOf(await readFile(join(FOLDER, 'manifest.json'), 'utf8'), appId, host);
  const problems = await schemaProblems(manifest);
  if (problems.length > 0)
    throw new Complaint(`The manifest does not fit Microsoft’s schema:\n${problems.join('\n')}`);
  const icons = await Promise.all(
    ICONS.map(async (name) => ({ name, content: await readFile(join(FOLDER, name)) })),
  );
  const content = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
  await writeFile(out, zip([{ name: 'manifest.json', content }, ...icons])).catch((error: Error) => {
    throw new Complaint(`${out} cannot be written: ${error.message}`);
  });
  process.stdout.write(`Wrote ${out}. Teams → Apps → Manage your apps → Upload an app.\n`);
}

const settings = () =>
  configured((env) => {
    const reader = createReader(env);
    const { host: listensOn, publicUrl } = readWeb(reader);
    const appId = readTeams(reader, listensOn)?.appId;
    return {
      ...(appId === undefined ? {} : { appId }),
      ...(publicUrl === undefined ? {} : { host: new URL(publicUrl).host }),
    };
  });

/** The manifest with what differs from bot to bot, and the commands that are on. Pure. */
export function manifestOf(template: string, appId: string, host: string): Record<string, unknown> {
  const filled = JSON.parse(template.replaceAll('{{APP_ID}}', appId).replaceAll('{{HOST}}', host)) as Record<
    string,
    unknown
  > & { bots: Record<string, unknown>[] };
  const commandLists = OFFERED.map(({ scopes, commands }) => ({
    scopes,
    commands: commands.map((name) => ({
      title: name,
      description: `${grammar.usage(name)}: ${COMMANDS[name].does}`,
    })),
  }));
  return { ...filled, bots: filled.bots.map((bot) => ({ ...bot, commandLists })) };
}

/** What Microsoft's own schema has against it; empty when nothing. The schema comes with a package: nothing is fetched. */
export async function schemaProblems(manifest: Record<string, unknown>): Promise<readonly string[]> {
  const { AppManifestUtils } = await import('@microsoft/app-manifest');
  const version = String(manifest.manifestVersion);
  const require = createRequire(import.meta.url);
  const schema = require(
    `@microsoft/app-manifest/build/json-schemas/teams/v${version}/MicrosoftTeams.schema.json`,
  ) as never;
  return AppManifestUtils.validateAgainstSchema(manifest as never, schema);
}
