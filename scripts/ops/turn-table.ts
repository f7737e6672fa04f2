import { oneLine } from '../../src/chat/one-line.ts';
import { maskPersonalData } from '../../src/chat/personal-data.ts';
import type { ReplyView } from '../../src/chat/vocabulary.ts';
import type { ListedTurn } from '../../src/turns/operator.ts';
import { TURN_STATES } from '../../src/turns/states.ts';

/** A turn as it may be printed whole: what people and the agent wrote, without personal data; addresses of files, which open them, are left out. */
export function withoutPersonalData({ record, ...turn }: ListedTurn): ListedTurn {
  if (!record) return { ...turn, record };
  const { message, outcome } = record;
  const { sources } = message;
  return {
    ...turn,
    record: {
      ...record,
      message: {
        ...message,
        text: maskPersonalData(message.text),
        files: message.files.map(maskPersonalData),
        ...(sources
          ? { sources: sources.map((one) => ({ ...one, name: maskPersonalData(one.name), url: '[hidden]' })) }
          : {}),
      },
      ...(outcome ? { outcome: { ...outcome, view: maskedView(outcome.view) } } : {}),
    },
  };
}

const maskedView = (view: ReplyView): ReplyView => ({
  ...view,
  text: maskPersonalData(view.text),
  tasks: view.tasks.map(({ title, detail, ...task }) => ({
    ...task,
    title: maskPersonalData(title),
    ...(detail === undefined ? {} : { detail: maskPersonalData(detail) }),
  })),
});

const QUESTION_LENGTH = 48;

/** Turns as rows: id, state, when it was asked, why it ended, and the beginning of the question. */
export function tableOf(turns: readonly ListedTurn[]): string {
  const rows = turns.map(({ id, state, reason, record }) => [
    id,
    state,
    record ? new Date(record.receivedAt).toISOString().slice(0, 19) : '?',
    reason ?? '',
    record ? oneLine(maskPersonalData(record.message.text), QUESTION_LENGTH) : '(unreadable)',
  ]);
  return columns([['turn', 'state', 'asked (UTC)', 'reason', 'question'], ...rows]);
}

/** Rows with their cells below each other. */
export function columns(all: readonly (readonly string[])[]): string {
  const widths = (all[0] ?? []).map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Why the words of a question are not on record. */
export const wordsGoneAs = (state: string): string =>
  state === 'blocked'
    ? 'withheld from the agent; its words are not kept'
    : 'answered; its words are no longer kept';

/** One turn with all that is on record. */
export function describeTurn({ id, state, reason, record }: ListedTurn): string {
  const lines = [`turn      ${id}`, `state     ${state}`, ...(reason ? [`reason    ${reason}`] : [])];
  if (!record) return [...lines, 'Its record cannot be read.'].join('\n');
  const { message, at } = record;
  const times = TURN_STATES.flatMap((name) => {
    const time = at[name];
    return time === undefined ? [] : [{ name, time }];
  }).toSorted((a, b) => a.time - b.time);
  return [
    ...lines,
    `asked by  ${message.sender.tenant}/${message.sender.id}`,
    `in        ${message.key.platform} ${message.key.tenant}/${message.key.conversation}, thread ${message.key.thread}`,
    `attempts  ${record.attempt}, workers lost ${record.crashes}`,
    ...(record.sawWrite ? ['It had begun to change something.'] : []),
    ...times.map(({ name, time }) => `${new Date(time).toISOString()}  ${name}`),
    `question  ${record.wordsGone ? `(${wordsGoneAs(state)})` : maskPersonalData(message.text)}`,
  ].join('\n');
}
