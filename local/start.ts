import { join, relative } from 'node:path';
import { FolderTaken } from './laptop/claim.ts';
import { findRunningLaptop, type LaptopInfo } from './laptop/laptop-file.ts';
import { type Laptop, startLaptop } from './laptop/start-laptop.ts';

/** `npm start`: the whole of Threadcore on this machine, until Ctrl-C. `-- --teams`: with Microsoft's Agents Playground. */
const root = join(import.meta.dirname, '..');
const folder = process.env.THREADCORE_STATE_DIR ?? join(root, '.threadcore');

const label = (name: string) => name.padEnd(10);

function printAddresses(info: LaptopInfo): void {
  const logs = relative(process.cwd(), folder) || '.';
  console.log(
    [
      '',
      `  ${label('Chat page')}${info.slackPage}`,
      ...(info.teams === undefined ? [] : [`  ${label('Teams')}${info.teams}`]),
      `  ${label('Backend')}${info.web}   (/readyz, /metrics)`,
      `  ${label('AWS')}${info.aws}`,
      `  ${label('Cognito')}${info.cognito}`,
      `  ${label('Redis')}${info.redis}`,
      `  ${label('Logs')}${join(logs, 'backend.log')}, ${join(logs, 'agent.log')}`,
      '',
      '  Mention @Cloud Engineer in #cloud, or ask from another terminal:',
      '    npm run ask -- "how many EC2 instances are running?"',
      '',
      '  Ctrl-C ends everything.',
      '',
    ].join('\n'),
  );
}

/** Resolves at Ctrl-C, SIGTERM or a closed terminal. */
function whenAskedToEnd(): { readonly ended: Promise<number>; readonly signal: AbortSignal } {
  const abort = new AbortController();
  const ended = new Promise<number>((resolve) => {
    const numbers = { SIGINT: 130, SIGTERM: 0, SIGHUP: 129 } as const;
    for (const [name, code] of Object.entries(numbers)) {
      process.on(name, () => {
        // Asked to end is a good end: Ctrl-C is how this program is meant to stop.
        resolve(code === 129 ? code : 0);
        abort.abort(new Error('interrupted'));
      });
    }
  });
  return { ended, signal: abort.signal };
}

async function main(): Promise<number> {
  const running = await findRunningLaptop(folder);
  if (running) {
    console.log(`Threadcore is already running (process ${running.pid}).`);
    printAddresses(running);
    return 0;
  }

  // Nobody reads what we print any more, as after `npm start | head`: no reason to end.
  process.stdout.on('error', () => undefined);
  const { ended, signal } = whenAskedToEnd();
  console.log('Starting Threadcore on this machine. Nothing leaves it; no account is needed.\n');
  let laptop: Laptop;
  try {
    laptop = await startLaptop({
      root,
      folder,
      env: process.env,
      signal,
      teams: process.argv.includes('--teams'),
      say: (part, text) => console.log(`  ${label(part)}${text}`),
      warn: (line) => console.error(`  ${line}`),
    });
  } catch (error) {
    if (signal.aborted) return 0;
    console.error(
      `\n${error instanceof FolderTaken ? error.message : `Could not start: ${(error as Error).message}`}`,
    );
    return 1;
  }
  printAddresses(laptop.info);

  const reason = await Promise.race([ended, laptop.broken]);
  if (typeof reason === 'string')
    console.error(`\n${reason}; ending the rest. See ${join(folder, 'backend.log')}.`);
  else console.log('\nEnding …');
  await laptop.stop();
  console.log('Ended.');
  return typeof reason === 'string' ? 1 : reason;
}

process.exitCode = await main();
// A handle that somebody forgot must not keep an ended laptop alive.
process.exit();
