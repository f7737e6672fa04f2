import { Command } from 'commander';
import { create, diff, exportPolicy, update, version } from './guardrail/commands.ts';
import { DEFAULT_CORPUS } from './guardrail/corpus.ts';
import { readDays, report } from './guardrail/report-command.ts';
import { withGuardrailOptions } from './guardrail/settings.ts';
import { readRate, readShare, test } from './guardrail/test-command.ts';
import { HELP_HINT } from './redis.ts';

/** `guardrail create | update | version | diff | export | test`. */
export function guardrailCommand(): Command {
  const guardrail = new Command('guardrail')
    .description(
      'What questions and answers are filtered by: infra/guardrail/policy.ts as an Amazon Bedrock guardrail.',
    )
    .showHelpAfterError(HELP_HINT);

  withGuardrailOptions(guardrail.command('create'))
    .description('makes the guardrail and its version 1, or what of it is missing')
    .action(create);

  withGuardrailOptions(guardrail.command('update'))
    .description('makes the draft equal to the policy file')
    .action(update);

  withGuardrailOptions(guardrail.command('version'))
    .description('makes a version of the draft, unless the newest is equal to it, and writes its number')
    .option('--description <text>', 'what is new in it, at most 200 characters')
    .action(version);

  withGuardrailOptions(guardrail.command('diff'))
    .description('tells where the guardrail differs from the policy file; ends with 1 if it does')
    .option('--guardrail-version <version>', 'default: DRAFT')
    .action(diff);

  withGuardrailOptions(guardrail.command('export'))
    .description('prints the guardrail as CreateGuardrail takes it')
    .option('--guardrail-version <version>', 'default: DRAFT')
    .option('--policy', 'print the policy file instead', false)
    .action(exportPolicy);

  withGuardrailOptions(guardrail.command('test'))
    .description('sends a labelled corpus through the guardrail; prints precision and recall by policy')
    .option('--guardrail-version <version>', 'default: BEDROCK_GUARDRAIL_VERSION, else DRAFT')
    .option('--corpus <folder>', 'files of "language | INPUT or OUTPUT | labels | text"', DEFAULT_CORPUS)
    .option('--only <policy>', 'tell of one policy')
    .option('--rate <calls>', 'calls a second; the quota of an account is 25', readRate, 10)
    .option('--min-precision <share>', 'end with 1 where a policy is below', readShare, 0)
    .option('--min-recall <share>', 'end with 1 where a policy is below', readShare, 0)
    .option('--misses', 'print what was judged otherwise', false)
    .action(test);

  guardrail
    .command('report')
    .description('what it minded lately: how often, where, what people think was wrong, and examples')
    .option('--env <file>', 'a file with variables; default: .env, or the laptop that runs here')
    .option('--days <n>', 'of the last so many days, today included', readDays, 7)
    .option('--json', 'one JSON document instead of text', false)
    .action(report);

  return guardrail;
}
