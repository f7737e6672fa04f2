import { createLinkGuard, type MayLink, withoutLinks } from '../chat/links.ts';
import { EMPTY_VIEW, type ReplyFile, type ReplyTask, type ReplyView } from '../chat/vocabulary.ts';
import type { Gate } from '../guardrails/gate.ts';
import type { Block } from '../guardrails/verdict.ts';

export interface GateListener {
  readonly onText: (text: string) => void;
  readonly onCleared: () => void;
  readonly onBlock: (block: Block) => void;
}

export interface GuardedAnswerDeps {
  /** Undefined: no guardrail. */
  readonly openGate: ((on: GateListener) => Gate) | undefined;
  /** The gate only looks on. */
  readonly shadow: boolean;
  /** Undefined: every link is welcome. */
  readonly mayLink: MayLink | undefined;
  readonly show: (view: ReplyView) => void;
}

/**
 * Stands between what an agent says and what is shown of it. Views go in whole, and what has passed comes out as views:
 * their text only ever grows.
 */
export interface GuardedAnswer {
  /** The answer begins anew: what was said so far is void. */
  restart(): void;
  take(view: ReplyView): void;
  /** Resolves when there is room for more; undefined when there is. */
  room(): Promise<void> | undefined;
  /** The last view, as it may be shown; and why it is not whole, if it is not. */
  finish(view: ReplyView): Promise<{ readonly view: ReplyView; readonly block?: Block }>;
  /** Aborts when the rest of the answer is withheld. */
  readonly blocked: AbortSignal;
  /** Lets nothing through any more. */
  close(): void;
}

/** Files with words inside; what is in others, nobody reads. */
const READABLE = /^(?:text\/|application\/(?:json|x-ndjson|yaml|x-yaml|xml|csv|javascript|x-sh)|image\/svg)/i;
/** Longer files are read in parts, which overlap by so much. */
const PART = 8_000;
const OVERLAP = 200;

export function createGuardedAnswer(deps: GuardedAnswerDeps): GuardedAnswer {
  const stop = new AbortController();
  const inert = (text: string) => (deps.mayLink ? withoutLinks(text, deps.mayLink) : text);
  let gate: Gate | undefined;
  let links: ReturnType<typeof createLinkGuard> | undefined;
  let raw: ReplyView = EMPTY_VIEW;
  let fed = 0;
  let shown = '';
  let block: Block | undefined;
  let room: Promise<void> | undefined;

  const enforced = () => (deps.shadow ? undefined : gate);

  function restart(): void {
    gate?.close();
    gate = deps.openGate?.({
      onText(text) {
        if (deps.shadow) return;
        pass(text);
        refresh();
      },
      onCleared: () => (deps.shadow ? undefined : refresh()),
      onBlock(found) {
        if (deps.shadow) return;
        block = found;
        stop.abort(new Error('the rest of the answer is withheld'));
      },
    });
    links = deps.mayLink && createLinkGuard(deps.mayLink);
    raw = EMPTY_VIEW;
    fed = 0;
    shown = '';
  }

  function pass(text: string): void {
    shown += links ? links.write(text) : text;
  }

  function refresh(): void {
    if (!block) deps.show(viewNow());
  }

  const cleared = (text: string): string | undefined => {
    const guard = enforced();
    const passed = guard ? guard.cleared(text) : text;
    return passed === undefined ? undefined : inert(passed);
  };

  function viewNow(): ReplyView {
    const { status, tasks, files, ...rest } = raw;
    const clearStatus = status === undefined ? undefined : cleared(status);
    const goesOn = enforced()?.nearEnd() === false;
    const clearFiles = files?.flatMap((file) => clearFile(file) ?? []);
    return {
      ...rest,
      text: shown,
      tasks: tasks.flatMap((task) => clearTask(task) ?? []),
      ...(goesOn ? { goesOn } : {}),
      ...(clearStatus === undefined ? {} : { status: clearStatus }),
      ...(clearFiles === undefined ? {} : { files: clearFiles }),
    };
  }

  function clearTask(task: ReplyTask): ReplyTask | undefined {
    const { detail, ...rest } = task;
    const title = cleared(task.title);
    const clearDetail = detail === undefined ? undefined : cleared(detail);
    if (title === undefined) return undefined;
    return { ...rest, title, ...(clearDetail === undefined ? {} : { detail: clearDetail }) };
  }

  /** A file in which something would have to be masked is not attached. */
  function clearFile(file: ReplyFile): ReplyFile | undefined {
    const [name, title, alt] = [cleared(file.name), cleared(file.title), cleared(file.alt)];
    if (name === undefined || title === undefined || alt === undefined) return undefined;
    const guard = enforced();
    if (guard && wordsIn(file).some((part) => guard.cleared(part) !== part)) return undefined;
    return { ...file, name, title, alt };
  }

  function feed(view: ReplyView): void {
    raw = view;
    const more = view.text.slice(fed);
    fed = view.text.length;
    if (!enforced()) pass(more);
    gate?.ask(besidesOf(view));
    room = gate?.write(more);
  }

  restart();
  return {
    blocked: stop.signal,
    restart,
    take(view) {
      if (block) return;
      feed(view);
      refresh();
    },
    room: () => (deps.shadow ? undefined : room),
    async finish(view) {
      if (!block) feed(view);
      const ending = gate?.end();
      if (!deps.shadow) await ending;
      if (block) {
        const { files: _withheld, status: _over, ...rest } = viewNow();
        return { view: rest, block };
      }
      if (links) shown += links.end();
      return { view: viewNow() };
    },
    close: () => gate?.close(),
  };
}

/** Every short text that is shown beside the answer, and the words in its files. */
function besidesOf({ status, tasks, files = [] }: ReplyView): string[] {
  return [
    ...(status === undefined ? [] : [status]),
    ...tasks.flatMap(({ title, detail }) => (detail === undefined ? [title] : [title, detail])),
    ...files.flatMap((file) => [file.name, file.title, file.alt, ...wordsIn(file)]),
  ].filter((text) => text.trim() !== '');
}

const read = new WeakMap<ReplyFile, readonly string[]>();

/** Read once: views come with every few words, and a file is the same in all of them. */
function wordsIn(file: ReplyFile): readonly string[] {
  const known = read.get(file) ?? partsOf(file);
  read.set(file, known);
  return known;
}

function partsOf({ mediaType, base64 }: ReplyFile): string[] {
  if (!READABLE.test(mediaType) || base64 === '') return [];
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += PART - OVERLAP) parts.push(text.slice(at, at + PART));
  return parts;
}
