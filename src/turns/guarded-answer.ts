import { createLinkGuard, type MayLink, withoutLinks } from '../chat/links.ts';
import { createSecretHold, type SecretHold } from '../chat/secret-hold.ts';
import { secretIn } from '../chat/secrets.ts';
import { EMPTY_VIEW, type ReplyFile, type ReplyTask, type ReplyView } from '../chat/vocabulary.ts';
import type { Gate } from '../guardrails/gate.ts';
import { type Block, secretBlock } from '../guardrails/verdict.ts';
import { maskedFile, partsIn } from './guarded-file.ts';

/** Every look at an answer costs as much as it is long: one this long is looked at when it has grown by a part of it. */
const LONG = 50_000;
const PART_OF_IT = 64;

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
  /** Told of a secret where no gate has kept it: then the answer ends there all the same. */
  readonly onSecret?: (() => void) | undefined;
  /** Undefined: every link is welcome. */
  readonly mayLink: MayLink | undefined;
  /** Asked at the end, before the last words are shown: why they may not be. */
  readonly ground?: ((answer: string) => Promise<Block | undefined>) | undefined;
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

export function createGuardedAnswer(deps: GuardedAnswerDeps): GuardedAnswer {
  const stop = new AbortController();
  const inert = (text: string) => (deps.mayLink ? withoutLinks(text, deps.mayLink) : text);
  let gate: Gate | undefined;
  /** Where no gate keeps secrets. */
  let hold: SecretHold | undefined;
  /** Of texts beside the answer, which of them hold no secret. */
  const harmless = new Map<string, boolean>();
  let links: ReturnType<typeof createLinkGuard> | undefined;
  let raw: ReplyView = EMPTY_VIEW;
  let fed = 0;
  let shown = '';
  let block: Block | undefined;
  let room: Promise<void> | undefined;
  let checkedStatus: string | undefined;

  const enforced = () => (deps.shadow ? undefined : gate);

  function restart(): void {
    gate?.close();
    gate = deps.openGate?.({
      onText(text) {
        if (deps.shadow) return;
        pass(text);
        refresh();
      },
      onCleared() {
        gate?.ask(statusToCheck());
        if (!deps.shadow) refresh();
      },
      onBlock(found) {
        if (!deps.shadow) withhold(found);
      },
    });
    hold = enforced() ? undefined : createSecretHold();
    links = deps.mayLink && createLinkGuard(deps.mayLink);
    raw = EMPTY_VIEW;
    fed = 0;
    shown = '';
    checkedStatus = undefined;
  }

  function withhold(found: Block): void {
    block = found;
    stop.abort(new Error('the rest of the answer is withheld'));
  }

  function withholdSecret(rule: string): void {
    if (block) return;
    deps.onSecret?.();
    withhold(secretBlock(rule));
  }

  function isHarmless(text: string): boolean {
    const known = harmless.get(text);
    if (known !== undefined) return known;
    const rule = secretIn(text);
    harmless.set(text, rule === undefined);
    if (rule !== undefined) withholdSecret(rule);
    return rule === undefined;
  }

  /** More of the text, where no gate keeps secrets. `last`: nothing follows. */
  function passHeld(held: SecretHold, more: string, last = false): void {
    pass(held.write(more));
    if (last) pass(held.end());
    const rule = held.broken();
    if (rule !== undefined) withholdSecret(rule);
  }

  /** One status at a time: those that are over before it was their turn are not shown, and cost nothing. */
  function statusToCheck(): string[] {
    const { status = '' } = raw;
    const waits = checkedStatus !== undefined && gate?.cleared(checkedStatus) === undefined;
    if (status.trim() === '' || status === checkedStatus || waits) return [];
    checkedStatus = status;
    return [status];
  }

  function pass(text: string): void {
    shown += links ? links.write(text) : text;
  }

  function refresh(): void {
    if (!block) deps.show(viewNow());
  }

  const cleared = (text: string): string | undefined => {
    const guard = enforced();
    const passed = guard ? guard.cleared(text) : isHarmless(text) ? text : undefined;
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

  /** What of its words would have to be masked is masked in the file. Undefined until all of them were checked. */
  function clearFile(file: ReplyFile): ReplyFile | undefined {
    const [name, title, alt] = [cleared(file.name), cleared(file.title), cleared(file.alt)];
    if (name === undefined || title === undefined || alt === undefined) return undefined;
    const guard = enforced();
    const base64 = guard ? maskedFile(file, guard) : file.base64;
    return base64 === undefined ? undefined : { ...file, name, title, alt, base64 };
  }

  function isBarelyMore({ text, status, tasks, files }: ReplyView): boolean {
    const beside = status !== raw.status || tasks !== raw.tasks || files !== raw.files;
    return !beside && text.length > LONG && text.length - fed < text.length / PART_OF_IT;
  }

  function feed(view: ReplyView): void {
    const before = raw;
    raw = view;
    const more = view.text.slice(fed);
    fed = view.text.length;
    if (hold) {
      passHeld(hold, more);
      if (view.tasks !== before.tasks || view.files !== before.files) besidesOf(view).every(isHarmless);
      if (view.status !== undefined) isHarmless(view.status);
    }
    gate?.ask([...besidesOf(view), ...statusToCheck()]);
    room = gate?.write(more);
  }

  restart();
  return {
    blocked: stop.signal,
    restart,
    take(view) {
      if (block || isBarelyMore(view)) return;
      feed(view);
      refresh();
    },
    room: () => (deps.shadow ? undefined : room),
    async finish(view) {
      if (!block) feed(view);
      if (hold && !block) passHeld(hold, '', true);
      const ungrounded = block ? undefined : await deps.ground?.(raw.text);
      if (ungrounded) {
        block ??= ungrounded;
        gate?.close();
      }
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

/** Every short text that is shown beside the answer, but for its status, and the words in its files. */
function besidesOf({ tasks, files = [] }: ReplyView): string[] {
  return [
    ...tasks.flatMap(({ title, detail }) => (detail === undefined ? [title] : [title, detail])),
    ...files.flatMap((file) => [file.name, file.title, file.alt, ...partsIn(file)]),
  ].filter((text) => text.trim() !== '');
}
