import { isText, type Unreadable } from '../chat/incoming-files.ts';
import type { AgentEvent } from '../contract/events.ts';
import type { Invocation } from '../contract/invocation.ts';
import type { AgentCall } from './run-turn.ts';
import type { ClaimedTurn } from './turn.ts';

export type AttachedFile = NonNullable<Invocation['files']>[number];

export interface UnreadFile {
  readonly name: string;
  readonly why: Unreadable;
}

export interface AttachedFiles {
  readonly files: readonly AttachedFile[];
  readonly unread: readonly UnreadFile[];
}

/** What is attached to a question. Rejects only when the signal aborts. */
export type ReadFiles = (message: ClaimedTurn['message'], signal: AbortSignal) => Promise<AttachedFiles>;

/** Texts that are attached to a question, and the names of what is attached: each as the agent may read it; undefined for what it may not. */
export interface AttachedWords<Word> {
  readonly texts: readonly Word[];
  readonly names: readonly Word[];
}

/** Never rejects. */
export type GuardFiles = (
  message: ClaimedTurn['message'],
  words: AttachedWords<string>,
  signal: AbortSignal,
) => Promise<AttachedWords<string | undefined>>;

export interface AttachedFilesDeps {
  readonly read: ReadFiles;
  readonly guard: GuardFiles;
  /** Tells the person which files were not read. Never throws. */
  readonly tell: (message: ClaimedTurn['message'], unread: readonly UnreadFile[]) => Promise<void>;
}

/**
 * Begins turns with the files that are attached to their questions. Their text and their names pass the guardrail as what
 * others say in a thread does: the person may not have written them.
 */
export function withFiles(
  invoke: (call: AgentCall) => AsyncGenerator<AgentEvent>,
  deps: AttachedFilesDeps,
): (call: AgentCall) => AsyncGenerator<AgentEvent> {
  async function read({ message, signal }: AgentCall): Promise<readonly AttachedFile[]> {
    const { files, unread } = await deps.read(message, signal);
    const attached = [...files, ...unread];
    const texts = files.filter(({ mediaType }) => isText(mediaType));
    const cleared = await deps.guard(
      message,
      {
        texts: texts.map(({ base64 }) => Buffer.from(base64, 'base64').toString('utf8')),
        names: attached.map(({ name }) => name),
      },
      signal,
    );
    const names = new Map<AttachedFile | UnreadFile, string>(
      attached.map((one, i) => [one, nameFor(one.name, cleared.names[i], i + 1)]),
    );
    const named = <One extends AttachedFile | UnreadFile>(one: One): One => ({
      ...one,
      name: names.get(one) ?? '',
    });
    const clear = new Map(texts.map((file, i) => [file, cleared.texts[i]]));
    const readable = files.flatMap((file) => {
      if (!isText(file.mediaType)) return [named(file)];
      const text = clear.get(file);
      return text === undefined ? [] : [{ ...named(file), base64: Buffer.from(text).toString('base64') }];
    });
    const withheld = texts
      .filter((file) => clear.get(file) === undefined)
      .map((file) => ({ name: named(file).name, why: 'withheld' as const }));
    const all = [...unread.map(named), ...withheld];
    if (all.length > 0) await deps.tell(message, all);
    return readable;
  }

  return async function* (call) {
    const wanted = call.invocation.mode === 'start' && (call.message.sources ?? []).length > 0;
    const files = wanted ? await read(call) : [];
    yield* invoke(
      files.length === 0 ? call : { ...call, invocation: { ...call.invocation, files: [...files] } },
    );
  };
}

/** The contract takes no longer name. Characters. */
const MOST_NAME = 255;

/** As the agent reads it, and whoever hears that a file was not read: a name that was withheld, or has lost its ending to a mask, is a number. */
function nameFor(name: string, cleared: string | undefined, place: number): string {
  const ending = /\.[a-z0-9]{1,8}$/i.exec(name)?.[0] ?? '';
  const whole = cleared?.endsWith(ending) && cleared.length <= MOST_NAME ? cleared : undefined;
  return whole ?? `attachment-${place}${ending}`;
}
