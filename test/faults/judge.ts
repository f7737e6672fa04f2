import { hasEnded } from './turn-ends.ts';

/** What is wrong with a run, from what was seen from outside. Pure. */

export interface ReplySeen {
  readonly ts: string;
  /** The agent's words, without the bot's own remarks. */
  readonly text: string;
  readonly notices: readonly string[];
  readonly streaming: boolean;
  /** Nobody could know that it stands there: Teams has no history to look it up in. It may be answered once more. */
  readonly inDoubt?: true;
}

export interface QuestionSeen {
  readonly canary: string;
  /** Slack got a 2xx for one of its deliveries. */
  readonly acknowledged: boolean;
  /** Its author said stop: it may end as stopped, and without a word where no worker had begun it. */
  readonly toldToStop: boolean;
  /** Turn records that hold it. */
  readonly turns: readonly { readonly id: string; readonly state: string; readonly begun: boolean }[];
  readonly replies: readonly ReplySeen[];
  /** Whole answers of the agent's finished runs, and what was said by those that were not finished. */
  readonly answers: readonly string[];
  readonly said: readonly string[];
  readonly writes: number;
  readonly overlaps: number;
  /** Starts of a turn that the agent knew already. */
  readonly startedAgain: number;
}

export interface RunSeen {
  /** Questions of each lane in the order in which they were asked. */
  readonly lanes: readonly (readonly QuestionSeen[])[];
  /** Everything had come to its end within the time that a run may take. */
  readonly drained: boolean;
  readonly staleRedis: readonly string[];
  /** Messages in Teams that nobody could know of, and that belong to no question. */
  readonly orphans?: number;
  /** Messages of the bot that belong to no question. */
  readonly strays: readonly string[];
  /** Status lines that stand under threads in which nothing goes on. */
  readonly statuses: readonly string[];
  readonly leftover: readonly string[];
  /** What processes did that they must not do, such as ending by themselves. */
  readonly troubles: readonly string[];
}

export interface Counts {
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  readonly staleRedis: number;
  readonly staleVisible: number;
  readonly writtenTwice: number;
  readonly startedAgain: number;
  readonly leftover: number;
}

export const COUNTS = [
  'lost',
  'duplicated',
  'outOfOrder',
  'staleRedis',
  'staleVisible',
  'writtenTwice',
  'startedAgain',
  'leftover',
] as const satisfies readonly (keyof Counts)[];

/** Whether people or operators were let down. A run that only had troubles of its own says nothing about that. */
export function breaksPromises(counts: Counts): boolean {
  return COUNTS.some((name) => counts[name] > 0);
}

export interface Verdict extends Counts {
  readonly turns: number;
  /** Questions that ended with a remark of the bot instead of an answer: visible ends, but not answers. */
  readonly notices: number;
  /** Messages in Teams beside a reply that came of a lost answer: the one case that Teams does not let us exclude. */
  readonly teamsInDoubt: number;
  /** One line a defect. */
  readonly problems: readonly string[];
}

export function judge(run: RunSeen): Verdict {
  const problems: string[] = [];
  // As long as turns wait or run, they need what they have in Redis.
  const leftover = run.drained ? run.leftover : [];
  const count: { -readonly [name in keyof Counts]: number } = {
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
    staleRedis: run.staleRedis.length,
    staleVisible: 0,
    writtenTwice: 0,
    startedAgain: 0,
    leftover: leftover.length,
  };
  let notices = 0;
  let teamsInDoubt = run.orphans ?? 0;
  const found = (kind: keyof Counts, what: string) => {
    count[kind] += 1;
    problems.push(`${kind}: ${what}`);
  };

  const lanes = run.lanes.map((lane) =>
    lane.map((question) => {
      const replies = withoutDoubtful(question.replies);
      teamsInDoubt += question.replies.length - replies.length;
      return { ...question, replies };
    }),
  );
  for (const question of lanes.flat()) {
    const { canary, turns } = question;
    const replies = wholeReplies(question);
    if (turns.length > 1) found('duplicated', `${canary} became ${turns.length} turns`);
    if (replies.length > 1) found('duplicated', `${canary} has ${replies.length} replies: ${texts(replies)}`);
    if (question.writes > 1) found('writtenTwice', `${canary} was carried out ${question.writes} times`);
    if (question.startedAgain > 0) found('startedAgain', `${canary} was started although it ran already`);
    if (question.overlaps > 0) found('outOfOrder', `${canary} was asked while the one before ran`);
    const stopped = turns.find(({ state }) => state === 'stopped');
    if (stopped && !question.toldToStop) found('lost', `${canary} was stopped, and nobody had asked for it`);
    const [reply] = replies;
    if (!reply) {
      if (stopped && !stopped.begun) continue;
      if (question.acknowledged || turns.length > 0)
        found('lost', `${canary} has no reply (${stateOf(question)})`);
      continue;
    }
    if (reply.notices.length > 0) notices += 1;
    const open = turns.find(({ state }) => !hasEnded(state));
    if (open) found('lost', `${canary} never ended (${open.state})`);
    else {
      const why = staleness(reply, question);
      if (why) found('staleVisible', `${canary}: ${why}`);
    }
  }
  for (const lane of lanes) {
    const order = lane.flatMap((question) =>
      question.replies.slice(0, 1).map(({ ts }) => ({ ts, question })),
    );
    order.forEach(({ ts, question }, i) => {
      const before = order[i - 1];
      if (before && before.ts >= ts)
        found('outOfOrder', `${question.canary} was answered before the question before it`);
    });
  }
  for (const stray of run.strays) found('staleVisible', `a message belongs to no question: ${stray}`);
  for (const status of run.statuses) found('staleVisible', status);
  for (const what of run.staleRedis) problems.push(`staleRedis: ${what}`);
  for (const what of leftover) problems.push(`leftover: ${what}`);
  problems.push(...run.troubles);
  if (!run.drained) problems.push('not everything came to its end in time');
  return { ...count, turns: lanes.flat().length, notices, teamsInDoubt, problems };
}

/** A reply counts however doubtful it was, unless there is another. */
function withoutDoubtful(replies: readonly ReplySeen[]): readonly ReplySeen[] {
  const sure = replies.filter(({ inDoubt }) => !inDoubt);
  return sure.length > 0 ? sure : replies.slice(-1);
}

/**
 * A worker that ends a turn of which another had shown something, and has nothing to show itself, leaves that and adds
 * its remark below: two messages, one reply. Not of an answer that is complete.
 */
function wholeReplies({ replies, turns }: QuestionSeen): readonly ReplySeen[] {
  const [kept, remark, ...more] = replies;
  const apart = kept?.notices.length === 0 && remark?.text === '' && remark.notices.length > 0;
  if (!kept || !remark || !apart || turns.some(({ state }) => state === 'done')) return replies;
  return [{ ...kept, notices: remark.notices, streaming: kept.streaming || remark.streaming }, ...more];
}

/** Why what stands there is not how it should look; undefined when it is. */
function staleness(reply: ReplySeen, question: QuestionSeen): string | undefined {
  const { answers, said } = question;
  if (reply.streaming) return 'the message still streams';
  if (reply.notices.length === 0) {
    return answers.includes(reply.text)
      ? undefined
      : `shows ${JSON.stringify(reply.text)}, not an answer of the agent`;
  }
  const known = ['', ...answers, ...said].some((text) => text.startsWith(reply.text));
  return known
    ? undefined
    : `above the notice stands ${JSON.stringify(reply.text)}, which the agent never said`;
}

function stateOf({ turns, acknowledged }: QuestionSeen): string {
  if (turns.length === 0) return acknowledged ? 'acknowledged, no turn record' : 'not accepted';
  return turns.map(({ id, state }) => `${id} ${state}`).join(', ');
}

function texts(replies: readonly ReplySeen[]): string {
  return replies.map(({ text, notices }) => JSON.stringify(text || notices[0] || '')).join(' ');
}
