import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type AskResult, askInThread } from './laptop/ask-in-thread.ts';
import { FolderTaken } from './laptop/claim.ts';
import { findRunningLaptop } from './laptop/laptop-file.ts';
import { createReplyPrinter } from './laptop/print-reply.ts';
import { type Laptop, startLaptop } from './laptop/start-laptop.ts';

/** `npm run ask -- "question"`: one question to a running laptop mode, or to one that lives as long as the question. */
const root = join(import.meta.dirname, '..');
const folder = process.env.THREADCORE_STATE_DIR ?? join(root, '.threadcore');

const USAGE = `Usage: npm run ask -- "how many EC2 instances are running?"

Asks as chat user alice in #cloud and prints the thread as it grows.
  --timeout <seconds>   give up after this time (default 120)
  --help                these lines
`;

interface Request {
  readonly question: string;
  readonly timeoutMs: number;
}

/** What is asked for. `help`: only what there is; `wrong`: cannot be understood, and why. */
function readRequest(): Request | { readonly help: true } | { readonly wrong: string } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        timeout: { type: 'string', default: '120' },
      },
    });
    if (values.help) return { help: true };
    const question = positionals.join(' ').trim();
    const seconds = Number(values.timeout);
    if (!Number.isFinite(seconds) || seconds <= 0)
      return { wrong: `--timeout must be a number of seconds above 0, not ${values.timeout}.` };
    if (question === '') return { wrong: 'There is no question.' };
    return { question, timeoutMs: seconds * 1000 };
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}

const note = (line: string) => console.error(line);

/** The page to ask on, and how to leave. Progress goes to stderr, so that stdout holds the thread alone. */
async function openPage(
  signal: AbortSignal,
): Promise<{ page: string; logs: string; close: () => Promise<void>; broken: Promise<string> }> {
  const never = new Promise<string>(() => undefined);
  const joined = (page: string) => ({ page, logs: folder, close: () => Promise.resolve(), broken: never });
  const running = await findRunningLaptop(folder);
  if (running) return joined(running.slackPage);

  note('No laptop mode is running: starting one for this question …');
  const options = {
    root,
    env: process.env,
    signal,
    say: () => undefined,
    warn: (line: string) => note(line),
  };
  let laptop: Laptop;
  try {
    laptop = await startLaptop({ ...options, folder });
  } catch (error) {
    if (!(error instanceof FolderTaken)) throw error;
    const soon = await untilRunning(signal);
    if (soon) return joined(soon);
    throw error;
  }
  return { page: laptop.info.slackPage, logs: folder, close: laptop.stop, broken: laptop.broken };
}

/** Somebody else is just starting laptop mode here: wait for it. */
async function untilRunning(signal: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline && !signal.aborted) {
    const running = await findRunningLaptop(folder);
    if (running) return running.slackPage;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return undefined;
}

async function ask({ question, timeoutMs }: Request, signal: AbortSignal): Promise<number> {
  const { page, logs, close, broken } = await openPage(signal);
  try {
    const printer = createReplyPrinter((text) => process.stdout.write(text));
    console.log(`alice in #cloud: ${question}`);
    const answered = askInThread({
      page,
      question,
      user: 'alice',
      channel: '#cloud',
      timeoutMs,
      printer,
      signal,
    });
    const failed = broken.then((reason): Promise<AskResult> => Promise.reject(new Error(reason)));
    return report(await Promise.race([answered, failed]), timeoutMs, logs);
  } finally {
    await close();
  }
}

function report(result: AskResult, timeoutMs: number, logs: string): number {
  if (result === 'complete') return 0;
  note(WITHOUT_ANSWER[result](timeoutMs / 1000, logs));
  return 1;
}

const WITHOUT_ANSWER: Readonly<
  Record<Exclude<AskResult, 'complete'>, (seconds: number, logs: string) => string>
> = {
  timeout: (seconds, logs) =>
    `No complete reply within ${seconds} s. Look into ${join(logs, 'backend.log')}, or allow more time with --timeout.`,
  failed: (_, logs) =>
    `The reply says that it failed. Look into ${join(logs, 'backend.log')} and ${join(logs, 'agent.log')}, then ask again.`,
  kept: () =>
    'No answer yet: intake is paused. The question is kept, and answered after `npm run ops -- turns resume`.',
};

async function main(): Promise<number> {
  const request = readRequest();
  if ('help' in request) {
    process.stdout.write(USAGE);
    return 0;
  }
  if ('wrong' in request) {
    note(`${request.wrong} (add --help for what there is)`);
    return 2;
  }
  const abort = new AbortController();
  // Whoever read us through a pipe has seen enough.
  process.stdout.on('error', () => abort.abort(new Error('the output was closed')));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => abort.abort(new Error('interrupted')));
  }
  try {
    return await ask(request, abort.signal);
  } catch (error) {
    note(abort.signal.aborted ? 'Interrupted.' : `Could not ask: ${(error as Error).message}`);
    return abort.signal.aborted ? 130 : 1;
  }
}

process.exitCode = await main();
// Everything is closed; a forgotten handle must not keep the terminal waiting.
process.exit();
