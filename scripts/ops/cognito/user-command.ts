import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { oneLine } from '../../../src/chat/one-line.ts';
import { atHand, collect, conclude } from '../at-hand.ts';
import type { Changes } from '../changes.ts';
import { Complaint, HELP_HINT } from '../redis.ts';
import { columns } from '../turn-table.ts';
import { type Hands, withHands } from './hands.ts';
import { type PoolOptions, poolWanted, regionFor, withPoolOptions } from './options.ts';
import {
  changeMembership,
  createPerson,
  deletePerson,
  type FirstPassword,
  inventPassword,
  listPeople,
  type Person,
  setEnabled,
  setPassword,
} from './people.ts';
import { existingPool } from './pools.ts';
import { readCognitoSettings } from './settings.ts';
import { TEST_USERS } from './wanted.ts';

interface PasswordOptions extends PoolOptions {
  readonly passwordStdin: boolean;
  readonly temporary: boolean;
  readonly show: boolean;
}

interface CreateOptions extends PasswordOptions {
  readonly email?: string;
  readonly name?: string;
  readonly group: readonly string[];
  readonly test: boolean;
}

/** `cognito user list | create | password | disable | enable | delete | group add | group remove`. */
export function userCommand(): Command {
  const user = new Command('user').description('People of the user pool.').showHelpAfterError(HELP_HINT);

  withPoolOptions(user.command('list'))
    .description('who is there, and in which groups')
    .option('--group <name>', 'only those in this group')
    .action(async (options: PoolOptions & { group?: string }) => {
      await onPool(options, async (hands, poolId) => {
        const people = await listPeople(hands, poolId, options.group);
        process.stdout.write(`${options.json ? JSON.stringify({ users: people }) : peopleTable(people)}\n`);
      });
    });

  withPasswordOptions(withPoolOptions(user.command('create [username]')))
    .description('makes a person; without a password option, Cognito mails them a temporary one')
    .option('--email <address>', 'it counts as confirmed')
    .option('--name <name>', 'as people read it')
    .option('--group <name>', 'may be repeated', collect, [])
    .option('--test', 'makes one person of each role instead, test-viewer and so on', false)
    .action(create);

  withPasswordOptions(withPoolOptions(user.command('password <username>')))
    .description('sets a password, read from standard input or made up and shown')
    .action(async (username: string, options: PasswordOptions) => {
      const password = (await passwordSource(options))?.();
      if (password === undefined)
        throw new Complaint('Give it on standard input (--password-stdin), or have one made up (--show).');
      const { temporary } = options;
      await changing(options, async (hands, poolId) => {
        await setPassword(hands, poolId, username, { password, temporary });
        return [{ username, password }];
      });
    });

  simple(
    user,
    'disable',
    'the person can no longer sign in, and Cognito ends the tokens',
    (hands, poolId, name) => setEnabled(hands, poolId, name, false),
  );
  simple(user, 'enable', 'the person can sign in again', (hands, poolId, name) =>
    setEnabled(hands, poolId, name, true),
  );

  withPoolOptions(user.command('delete <username>'))
    .description('removes the person from the user pool for good')
    .option('--yes', 'you mean it', false)
    .action(async (username: string, options: PoolOptions & { yes: boolean }) => {
      if (!options.yes && !options.dryRun)
        throw new Complaint(
          `Nobody gets ${username} back (disable can be undone). Add --yes if you mean it.`,
        );
      await changing(
        options,
        silently((hands, poolId) => deletePerson(hands, poolId, username)),
      );
    });

  const group = user.command('group').description('roles of people').showHelpAfterError(HELP_HINT);
  for (const [word, member] of [
    ['add', true],
    ['remove', false],
  ] as const) {
    withPoolOptions(group.command(`${word} <username> <group>`))
      .description(
        `${word === 'add' ? 'puts a person into a group' : 'takes a person out of a group'}, from the next token on`,
      )
      .action(async (username: string, name: string, options: PoolOptions) => {
        await changing(
          options,
          silently((hands, poolId) => changeMembership(hands, poolId, username, name, member)),
        );
      });
  }
  return user;
}

function withPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'the password is what comes on standard input', false)
    .option('--show', 'make a password up and print it', false)
    .option('--temporary', 'it must be changed at the first sign-in', false);
}

function simple(
  user: Command,
  word: string,
  description: string,
  work: (hands: Hands, poolId: string, username: string) => Promise<void>,
): void {
  withPoolOptions(user.command(`${word} <username>`))
    .description(description)
    .action(async (username: string, options: PoolOptions) => {
      await changing(
        options,
        silently((hands, poolId) => work(hands, poolId, username)),
      );
    });
}

async function create(username: string | undefined, options: CreateOptions): Promise<void> {
  const { email, name, group, test, temporary } = options;
  if (test === (username !== undefined)) throw new Complaint('Give a name, or --test.');
  if (username !== undefined && email === undefined)
    throw new Complaint(`${username} needs an address: --email name@example.com.`);
  const passwords = await passwordSource(options);
  const wanted =
    username === undefined
      ? TEST_USERS.map((each) => ({ ...each, groups: [...each.groups, ...group] }))
      : [{ username, email: email ?? '', name, groups: group }];
  // To the addresses of test users no mail must go.
  const unknown: FirstPassword = test ? { password: inventPassword(), temporary: true } : 'invited';
  await changing(options, async (hands, poolId) => {
    const shown: Shown[] = [];
    for (const person of wanted) {
      const first = passwords ? { password: passwords(), temporary } : unknown;
      const isNew = await createPerson(hands, poolId, person, first);
      if (!isNew) hands.changes.note(`${person.username} is there already, and keeps the password.`);
      else if (first !== 'invited') shown.push({ username: person.username, password: first.password });
    }
    if (test && !passwords && shown.length > 0)
      hands.changes.note('Nobody knows their passwords: set one with cognito user password <username>.');
    return shown;
  });
}

/** Passwords that were set, for `--show`. */
interface Shown {
  readonly username: string;
  readonly password: string;
}

/** undefined where none is given: arguments are no place for one, because everybody on the machine can read them. */
async function passwordSource(options: PasswordOptions): Promise<(() => string) | undefined> {
  if (options.passwordStdin && options.show)
    throw new Complaint('Either --password-stdin or --show: what you type yourself is not shown.');
  if (!options.passwordStdin) return options.show ? inventPassword : undefined;
  const typed = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (!/^\S{1,256}$/.test(typed))
    throw new Complaint('Standard input must hold the password: 1 to 256 characters without spaces.');
  return () => typed;
}

async function onPool<T>(
  options: PoolOptions,
  work: (hands: Hands, poolId: string) => Promise<T>,
): Promise<{ readonly changes: Changes; readonly result: T }> {
  const { settings, changes } = await atHand(options, readCognitoSettings);
  const result = await withHands(regionFor(settings, options), changes, async (hands) => {
    const pool = await existingPool(hands, poolWanted(settings, options));
    return work(hands, pool.Id ?? '');
  });
  return { changes, result };
}

/** Work that sets no password. */
const silently =
  (work: (hands: Hands, poolId: string) => Promise<void>) => async (hands: Hands, poolId: string) => {
    await work(hands, poolId);
    return [];
  };

/** Runs a change and says what came of it. */
async function changing(
  options: PoolOptions & { readonly show?: boolean },
  work: (hands: Hands, poolId: string) => Promise<readonly Shown[]>,
): Promise<void> {
  const { changes, result } = await onPool(options, work);
  const passwords = options.show && !changes.dryRun ? result : [];
  const told = { dryRun: changes.dryRun, changes: changes.list };
  if (options.json) conclude(true, options.show ? { ...told, passwords } : told, () => '');
  else if (changes.list.length === 0) process.stdout.write('Nothing to do.\n');
  else for (const { username, password } of passwords) process.stdout.write(`${username}  ${password}\n`);
}

function peopleTable(people: readonly Person[]): string {
  if (people.length === 0) return 'Nobody is there.';
  const rows = people.map(({ username, email = '', status = '', enabled, groups }) => [
    oneLine(username, 64),
    oneLine(email, 64),
    enabled ? status : `disabled, ${status}`,
    groups.join(', '),
  ]);
  return columns([['user', 'e-mail', 'status', 'groups'], ...rows]);
}
