import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { carryOut, type Order } from '../../src/audit/carry-out.ts';
import { createConfirmation } from '../../src/store/durability.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createAccept } from '../../src/turns/accept-turn.ts';
import { createLanes } from '../../src/turns/lanes.ts';
import { createOperator, type ListedTurn, type Operator, type Pause } from '../../src/turns/operator.ts';
import { isEnd } from '../../src/turns/states.ts';
import { createWakes } from '../../src/turns/wakes.ts';
import { Complaint, HELP_HINT, withRedis } from './redis.ts';
import { describeTurn, tableOf, withoutPersonalData, wordsGoneAs } from './turn-table.ts';
import { operatorHere, whoami, withAudit } from './with-audit.ts';

interface Output {
  readonly json: boolean;
}

/** `turns list | show | retry | stop | drop | pause | resume`. */
export function turnsCommand(): Command {
  const turns = new Command('turns')
    .description('Questions and their answers: look, retry, stop, pause.')
    .showHelpAfterError(HELP_HINT);
  const json = ['--json', 'one JSON document instead of text'] as const;

  turns
    .command('list')
    .description('turns that failed, or whose outcome is unknown; with --open those that wait or run')
    .option('--open', 'those that wait or run', false)
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option(...json, false)
    .action(async ({ open, limit, json }: Output & { open: boolean; limit: number }) => {
      const found = await withOperator(async (operator) =>
        open ? (await operator.openTurns()).slice(0, limit) : operator.deadTurns(limit),
      );
      say(json, found.map(withoutPersonalData), () =>
        found.length === 0 ? (open ? 'Nothing waits or runs.' : 'No turn has failed.') : tableOf(found),
      );
    });

  turns
    .command('show <turn>')
    .description('everything on record of one turn, the question included')
    .option(...json, false)
    .action(async (id: string, { json }: Output) => {
      const turn = await withOperator((operator) => existing(operator, id));
      say(json, withoutPersonalData(turn), () => describeTurn(turn));
    });

  turns
    .command('retry <turn>')
    .description('asks the question of an ended turn again, once; the answer goes to the same thread')
    .action(async (id: string) => {
      const [outcome, state] = await withAudit(async ({ redis, config, audit }) => {
        const { record } = await existing(createOperator(redis, config.keyPrefix), id);
        if (!record) throw new Complaint(`The record of ${id} cannot be read, so its question is lost.`);
        if (!isEnd(record.state)) throw new Complaint(`${id} has not ended: it is ${record.state}.`);
        const wakes = createWakes(redis, config.keyPrefix);
        try {
          const { retryTurn } = createAccept({
            lanes: createLanes(redis, config.keyPrefix),
            wakes,
            confirmDurable: createConfirmation(redis, config.durability),
            randomBytes,
            observe: () => undefined,
            log: createLogger({ level: 'silent' }),
          });
          const answer = await carryOut(
            audit,
            turnOrder('retry', id),
            () => retryTurn(id, record.message.sender),
            (given) => given in ASKED_AGAIN,
          );
          return [answer, record.state] as const;
        } finally {
          await wakes.close();
        }
      });
      if (!(outcome === 'accepted' || outcome === 'kept'))
        throw new Complaint(
          `Not asked again: ${outcome === 'too_old' ? wordsGoneAs(state) : NOT_ASKED[outcome]}.`,
        );
      process.stdout.write(`${ASKED_AGAIN[outcome]}\n`);
    });

  turns
    .command('stop <turn>')
    .description('ends a turn that waits or runs; its person reads that an administrator stopped it')
    .action(async (id: string) => {
      const { outcome } = await onRecord(
        turnOrder('stop', id),
        (operator) => operator.stopTurn(id, { reason: 'operator', by: whoami() }),
        (stopped) => stopped.outcome === 'stopping' || stopped.outcome === 'cancelled',
      );
      if (outcome === 'none') throw new Complaint(unknown(id));
      process.stdout.write(`${STOPPED[outcome]}\n`);
    });

  turns
    .command('drop <turn>')
    .description('forgets a turn that failed; nobody can retry it any more')
    .action(async (id: string) => {
      const dropped = await onRecord(turnOrder('drop', id), (operator) => operator.drop(id), Boolean);
      if (!dropped) throw new Complaint(`${id} is not among the turns that failed (turns list).`);
      process.stdout.write('Dropped.\n');
    });

  turns
    .command('pause')
    .description('workers begin no new turn; questions are still accepted, and kept until resume')
    .option('--reason <words>', 'what people read; they see it in the chat', '')
    .action(async ({ reason }: { reason: string }) => {
      const before = await onRecord(
        intakeOrder('pause'),
        async (operator) => ((await operator.pause(whoami(), reason)) ? undefined : operator.paused()),
        (paused) => paused === undefined,
      );
      process.stdout.write(
        before ? pausedAlready(before, reason) : 'Intake is paused. Turns that run go on to their end.\n',
      );
    });

  turns
    .command('resume')
    .description('goes on with what was kept')
    .action(async () => {
      const waiting = await onRecord(
        intakeOrder('resume'),
        (operator) => operator.resume(),
        (lanes) => lanes !== undefined,
      );
      process.stdout.write(
        waiting === undefined
          ? 'Intake was not paused.\n'
          : `Intake goes on; ${waiting} ${waiting === 1 ? 'lane waits' : 'lanes wait'} for a worker.\n`,
      );
    });

  return turns;
}

const ASKED_AGAIN = {
  accepted: 'Asked again.',
  kept: 'Asked again, and kept: intake is paused.',
} as const;

/** `reason`: the one that was given now. */
function pausedAlready({ by, reason: kept, since }: Pause, reason: string): string {
  const why = kept === '' ? 'without a reason' : `“${kept}”`;
  const stays =
    reason === '' || reason === kept
      ? ''
      : ' That is what people go on reading: another reason takes a resume and a new pause.';
  return `Intake was paused already, by ${by} since ${new Date(since).toISOString()}: ${why}.${stays}\n`;
}

const NOT_ASKED = {
  already_retried: 'already retried',
  not_yours: 'it is the question of somebody else',
  busy: 'too many questions wait in its lane (turns list --open); try again when some are answered',
  quota: 'its person or workspace has asked as much as is allowed in an hour; try again later',
} as const;

const STOPPED = {
  stopping: 'It is being stopped.',
  cancelled: 'It had not begun, and will not.',
  posting: 'Too late: the whole answer is being shown.',
  ended: 'It has ended already.',
} as const;

const withOperator = <T>(work: (operator: Operator) => Promise<T>): Promise<T> =>
  withRedis((redis, config) => work(createOperator(redis, config.keyPrefix)));

const turnOrder = (action: 'stop' | 'drop' | 'retry', turn: string) =>
  ({ type: 'operator.turn', who: operatorHere(), action, turn }) as const;
const intakeOrder = (action: 'pause' | 'resume') =>
  ({ type: 'operator.intake', who: operatorHere(), action }) as const;

/** Nothing is done that is not on record: the order first, about a turn that there is, then the deed. */
function onRecord<T>(
  order: Order,
  work: (operator: Operator) => Promise<T>,
  changed: (result: T) => boolean,
) {
  return withAudit(async ({ redis, config, audit }) => {
    const operator = createOperator(redis, config.keyPrefix);
    if (order.type === 'operator.turn') await existing(operator, order.turn);
    return carryOut(audit, order, () => work(operator), changed);
  });
}

async function existing(operator: Operator, id: string): Promise<ListedTurn> {
  const turn = await operator.show(id);
  if (!turn) throw new Complaint(unknown(id));
  return turn;
}

const unknown = (id: string) =>
  `There is no turn ${id}. Turns are kept for 7 days after their end (turns list, turns list --open).`;

function say(json: boolean, value: unknown, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 10000.');
  return value;
}
