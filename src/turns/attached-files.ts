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

/** Texts that are attached to a question: each as the agent may read it; undefined for what it may not. Never rejects. */
export type GuardFiles = (
  message: ClaimedTurn['message'],
  texts: readonly string[],
  signal: AbortSignal,
) => Promise<readonly (string | undefined)[]>;

export interface AttachedFilesDeps {
  readonly read: ReadFiles;
  readonly guard: GuardFiles;
  /** Tells the person which files were not read. Never throws. */
  readonly tell: (message: ClaimedTurn['message'], unread: readonly UnreadFile[]) => Promise<void>;
}

/**
 * Begins turns with the files that are attached to their questions. Their text passes the guardrail as what others say
 * in a thread does: the person may not have written it.
 */
export function withFiles(
  invoke: (call: AgentCall) => AsyncGenerator<AgentEvent>,
  deps: AttachedFilesDeps,
): (call: AgentCall) => AsyncGenerator<AgentEvent> {
  async function read({ message, signal }: AgentCall): Promise<readonly AttachedFile[]> {
    const { files, unread } = await deps.read(message, signal);
    const texts = files.filter(({ mediaType }) => isText(mediaType));
    const cleared = await deps.guard(
      message,
      texts.map(({ base64 }) => Buffer.from(base64, 'base64').toString('utf8')),
      signal,
    );
    const clear = new Map(texts.map((file, i) => [file, cleared[i]]));
    const readable = files.flatMap((file) => {
      if (!isText(file.mediaType)) return [file];
      const text = clear.get(file);
      return text === undefined ? [] : [{ ...file, base64: Buffer.from(text).toString('base64') }];
    });
    const withheld = texts
      .filter((file) => clear.get(file) === undefined)
      .map(({ name }) => ({ name, why: 'withheld' as const }));
    const all = [...unread, ...withheld];
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
