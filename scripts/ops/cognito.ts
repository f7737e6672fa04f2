import { Command, Option } from 'commander';
import { client } from './cognito/client-command.ts';
import { create } from './cognito/create-command.ts';
import { withClientOptions } from './cognito/options.ts';
import { userCommand } from './cognito/user-command.ts';
import { verify } from './cognito/verify-command.ts';
import { HELP_HINT } from './redis.ts';

/** `cognito create | verify | client | user`. */
export function cognitoCommand(): Command {
  const cognito = new Command('cognito')
    .description('The user pool that people sign in to, its app client and its people.')
    .showHelpAfterError(HELP_HINT)
    .addCommand(userCommand());

  withClientOptions(cognito.command('create'))
    .description('makes the user pool, its domain, groups and app client, or what of it is missing')
    .option('--domain <prefix>', 'of the address of the sign-in pages; by default made of the pool’s id')
    .option('--show', 'print the secret of the app client', false)
    .action(create);

  withClientOptions(cognito.command('verify'))
    .description('compares a pool and its app client with how they should be; ends with 1 if they differ')
    .option('--fix', 'mend what can be mended without a loss', false)
    .option('--domain <prefix>', 'with --fix, for a pool without a domain')
    .action(verify);

  withClientOptions(cognito.command('client'))
    .description('makes the app client, or sets it to exactly what it should be')
    .option('--rotate-secret', 'add a second secret and write it; the old one stays good', false)
    .addOption(
      new Option('--retire-secret [which]', 'take one of two secrets away')
        .choices(['older', 'newer'])
        .preset('older'),
    )
    .option('--show', 'print the secret of the app client', false)
    .action(client);

  return cognito;
}
