import { type Bindings, type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { hideSecrets } from './redact.ts';

/**
 * Structured log, one JSON object a line.
 *
 * Rule: what people or the agent wrote is logged at `trace` only. At every other level fields such as `text`, `prompt`
 * and `body` are replaced by their length. Secrets and the inner parts of errors are left out at every level.
 */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level: string;
  /** Default: standard output, a round of the event loop at a time. */
  readonly destination?: DestinationStream | undefined;
  readonly service?: string | undefined;
}

const TRACE = 10;

export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service ?? 'threadcore' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    // Errors are described before they reach pino, whose own serialiser copies every field of them.
    serializers: { err: (described: unknown) => described },
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: {
      logMethod(this: PinoLogger, args: LogArguments, method: LogMethod, level: number) {
        const [first, ...rest] = args as unknown[];
        const named =
          first instanceof Error ? [{ err: first }, ...(rest.length > 0 ? rest : [first.message])] : args;
        method.apply(this, named.map((arg) => hideSecrets(arg, level > TRACE)) as LogArguments);
      },
    },
  };
  const log = pino(settings, options.destination ?? standardOutput());
  // Children inherit this. pino calls a formatter for the fields of the root only.
  const openChild = log.child;
  log.child = function child(this: Logger, fields: Bindings, childOptions?: object) {
    return openChild.call(this, hideSecrets(fields, true) as Bindings, childOptions);
  } as Logger['child'];
  return log;
}

/** More than this goes out before the round ends. Characters. */
const GATHERED = 8_192;
let output: DestinationStream | undefined;

/**
 * Standard output, to which the lines of one round of the event loop go in one system call: one for each line is a tenth
 * of what a turn costs. Written at the end of the round and when the process exits, so that only a process that is
 * killed loses lines, those of the round it was in.
 */
function standardOutput(): DestinationStream {
  if (output) return output;
  const sink = pino.destination({ dest: 1, sync: true, minLength: GATHERED });
  let gathering = false;
  const flush = () => {
    gathering = false;
    sink.flush();
  };
  process.on('exit', () => sink.flushSync());
  output = {
    write(line) {
      sink.write(line);
      if (gathering) return;
      gathering = true;
      setImmediate(flush);
    },
  };
  return output;
}

type LogArguments = Parameters<PinoLogger['info']>;
type LogMethod = (this: PinoLogger, ...args: LogArguments) => void;
