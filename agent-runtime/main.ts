import { enableCompileCache } from 'node:module';

// Compiled code is kept between starts: each session is a process of its own, and people wait for the first one.
enableCompileCache();

const { readEnvironment } = await import('./environment.ts');
const { startAgentApp } = await import('./agent-app.ts');

/** Ending takes no longer than this, whoever is still connected, in milliseconds. */
const STOP_WITHIN_MS = 8_000;

async function main(): Promise<void> {
  const environment = readEnvironment();
  const app = await startAgentApp(environment, { crash: () => process.exit(1) });

  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (environment.exitWithParent) {
    // Whoever started us holds the other end: when it is gone there is nobody left to answer.
    process.stdin.resume();
    process.stdin.once('end', () => process.exit(0));
    process.stdin.once('close', () => process.exit(0));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
