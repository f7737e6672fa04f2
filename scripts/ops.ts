import { Command } from 'commander';
import { auditCommand } from './ops/audit.ts';
import { cognitoCommand } from './ops/cognito.ts';
import { guardrailCommand } from './ops/guardrail.ts';
import { identityCommand } from './ops/identity.ts';
import { memoryCommand } from './ops/memory.ts';
import { Complaint, HELP_HINT } from './ops/redis.ts';
import { sessionsCommand } from './ops/sessions.ts';
import { teamsCommand } from './ops/teams.ts';
import { turnsCommand } from './ops/turns.ts';
import { usersCommand } from './ops/users.ts';

/** `npm run ops -- <command>`: what operators do from a terminal. Each command is a file in `ops/`. */
const program = new Command('ops')
  .description(
    'Operate Threadcore: look after turns, pause and resume, check what is on record, set accounts up.',
  )
  .showHelpAfterError(HELP_HINT)
  .addCommand(turnsCommand())
  .addCommand(sessionsCommand())
  .addCommand(usersCommand())
  .addCommand(auditCommand())
  .addCommand(cognitoCommand())
  .addCommand(identityCommand())
  .addCommand(guardrailCommand())
  .addCommand(memoryCommand())
  .addCommand(teamsCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Complaint)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
