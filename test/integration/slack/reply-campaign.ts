import { setImmediate as nextTick } from 'node:timers/promises';
import type { FaultInput } from '../../../local/slack/faults.ts';
import type { Message } from '../../../local/slack/model.ts';
import type { SlackStandIn } from '../../../local/slack/stand-in.ts';
import { notice } from '../../../src/chat/notices.ts';
import type { ReplyFile, ReplyView } from '../../../src/chat/vocabulary.ts';
import { planParts } from '../../../src/slack/markdown/plan-parts.ts';
import { blocksOf } from '../../../src/slack/markdown/sending.ts';
import type { Pacing } from '../../../src/slack/pacing.ts';
import { NoAnswer } from '../../../src/slack/thread-writer.ts';
import type { PassingTime } from './passing-time.ts';
import { askIn } from './slack-thread.ts';

/** Numbers from 0 up to 1, the same for the same seed. */
export function seededRandom(seed: number) {
  let state = (seed * 2_654_435_761) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    below: (limit: number) => Math.floor(next() * limit),
    chance: (share: number) => next() < share,
    one: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T,
  };
}

export type Random = ReturnType<typeof seededRandom>;

const WORDS =
  'the instance bucket <@U0ALICE> runs & waits in region us-east-2 with **three** `disks` 😀 [docs](https://docs.example/a?b=1&c=2) über'.split(
    ' ',
  );

function paragraph(random: Random, words: number): string {
  return Array.from({ length: words }, () => random.one(WORDS)).join(' ');
}

/** A piece of Markdown of some kind. */
function block(random: Random): string {
  const lines = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');
  switch (random.below(6)) {
    case 0:
      return `## ${paragraph(random, 4)}`;
    case 1:
      return lines(1 + random.below(12), (i) => `${'  '.repeat(i % 3)}- ${paragraph(random, 5)}`);
    case 2:
      return `\`\`\`sh\n${lines(1 + random.below(60), () => `aws ec2 describe-instances --filter "a<b" # ${random.below(99)}`)}\n\`\`\``;
    case 3:
      return `| name | state |\n|---|--:|\n${lines(1 + random.below(30), (i) => `| i-${i} | <!here> ${random.below(9)} |`)}`;
    case 4:
      return `> ${paragraph(random, 12)}`;
    default:
      return paragraph(random, 5 + random.below(random.chance(0.15) ? 1_200 : 60));
  }
}

function answerOf(random: Random): string {
  if (random.chance(0.04)) return '';
  const blocks = 1 + random.below(random.chance(0.25) ? 24 : 5);
  return Array.from({ length: blocks }, () => block(random)).join('\n\n');
}

const METHODS = [
  'chat.startStream',
  'chat.appendStream',
  'chat.stopStream',
  'chat.postMessage',
  'chat.update',
  'conversations.replies',
  'files.completeUploadExternal',
  '*',
] as const;

/** After its answer was lost, a call may still be carried out for so long. */
const LATEST_MS = 5_000;

function faultOf(random: Random): FaultInput {
  const at = { method: random.one(METHODS), times: 1 + random.below(3), after: random.below(4) };
  switch (random.below(7)) {
    case 0:
      return { ...at, kind: 'refuse' };
    case 1:
      return { ...at, kind: 'status', status: 500 };
    case 2:
      return { ...at, kind: 'status', status: 503, commit: true };
    case 3:
      return { ...at, kind: 'status', status: 429, retryAfter: 1 + random.below(60) };
    case 4:
      return { ...at, kind: 'error', error: 'internal_error' };
    case 5:
      return { ...at, kind: 'commit_late', ms: random.below(LATEST_MS) };
    default:
      return { ...at, kind: 'drop_answer' };
  }
}

/** An allowance that is short at random; final writes always get theirs. */
function moody(random: Random): Pacing {
  const mood = random.one([0, 0, 0.3, 0.8]);
  return {
    async ask(_call, urgency) {
      const waitMs = random.chance(mood) ? 1 + random.below(3_000) : 0;
      return { granted: urgency === 'final' || waitMs === 0, waitMs };
    },
    hold: async () => undefined,
    heldMs: async () => 0,
  };
}

const PNG: ReplyFile = {
  name: 'chart.png',
  mediaType: 'image/png',
  base64: Buffer.from('not really a picture').toString('base64'),
  title: 'Cost',
  alt: 'Costs by day',
};

/**
 * One answer, streamed in random views to the real reply on the real client, while calls fail, streams end and workers
 * are lost at random. Returns what is wrong with what stands there in the end; nothing, if all is well.
 */
export async function runSeed(slack: SlackStandIn, time: PassingTime, seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  slack.reset();
  const thread = await askIn(slack, random.chance(0.2) ? 'dm' : 'cloud', {
    now: time.now,
    pacing: moody(random),
    pause: time.pause,
  });
  const text = answerOf(random);
  const files = random.chance(0.15) ? [PNG] : [];
  const remark = text === '' || random.chance(0.2) ? notice('agent_failed') : undefined;
  for (let i = random.below(6); i > 0; i -= 1) slack.faults.add(faultOf(random));
  if (random.chance(0.15)) {
    const method = random.one(['chat.startStream', 'chat.postMessage', 'chat.update']);
    slack.faults.add({
      kind: 'commit_late',
      method,
      ms: random.below(LATEST_MS),
      times: 1 + random.below(2),
    });
  }
  if (random.chance(0.4))
    slack.faults.add({ kind: 'end_stream', chance: 0.05 + random.next() * 0.5, seed, times: 20 });

  const last: ReplyView = {
    text,
    tasks: random.chance(0.5) ? [{ id: 'look', title: 'Look <!here>', state: 'complete' }] : [],
    ...(files.length > 0 ? { files } : {}),
    ...(remark ? { notice: remark } : {}),
  };
  let losses = random.chance(0.25) ? 1 + random.below(2) : 0;
  for (let attempt = 1; ; attempt += 1) {
    const owner = new AbortController();
    const reply = thread.open({
      signal: owner.signal,
      turn: { attempt, posted: thread.noted.at(-1) ?? [], quietMs: attempt > 1 ? 5_000 : 0 },
    });
    const views = random.below(9);
    for (let i = 1; i <= views; i += 1) {
      const at = Math.floor((text.length * i) / (views + 1));
      reply.show({
        text: text.slice(0, at),
        tasks: last.tasks.map((task) => ({ ...task, state: 'in_progress' as const })),
        ...(random.chance(0.5) ? { status: `is at ${i}…` } : {}),
      });
      const calls = slack.calls.length;
      for (let ticks = random.below(60); ticks > 0 && slack.calls.length < calls + 2; ticks -= 1)
        await nextTick();
      if (random.chance(0.05)) time.later(random.one([100_000, 245_000, 310_000]));
    }
    if (losses > 0) {
      losses -= 1;
      const ending = random.chance(0.5) ? reply.finish(last) : undefined;
      for (let ticks = random.below(200); ticks > 0; ticks -= 1) await nextTick();
      owner.abort(new Error('the worker was lost'));
      await ending?.catch(() => undefined);
      // A call under way is over before a successor may write.
      await idle(slack);
      continue;
    }
    try {
      await reply.finish(last);
      break;
    } catch (error) {
      if (!(error instanceof NoAnswer) || attempt > 20) throw error;
    }
  }
  // Whatever was still to happen has happened.
  time.later(LATEST_MS);
  await nextTick();
  return judge(slack, thread.channel, thread.ts, last);
}

async function idle(slack: SlackStandIn): Promise<void> {
  for (let quiet = 0, seen = slack.calls.length; quiet < 30; quiet += 1) {
    await nextTick();
    if (slack.calls.length !== seen) quiet = 0;
    seen = slack.calls.length;
  }
}

type Seen = readonly (string | object)[];

/** Text and tables of a message in order; text that stands in several blocks is one text. */
function seen(
  blocks: readonly { readonly type?: unknown; readonly text?: unknown; readonly rows?: unknown }[],
): Seen {
  const pieces: (string | object)[] = [];
  for (const one of blocks) {
    if (one.type === 'table') pieces.push(one.rows as object);
    else if (one.type === 'markdown') {
      const before = pieces.at(-1);
      if (typeof before === 'string') pieces[pieces.length - 1] = before + String(one.text);
      else pieces.push(String(one.text));
    }
  }
  return pieces;
}

function judge(slack: SlackStandIn, channel: string, root: string, wanted: ReplyView): string[] {
  const problems: string[] = [];
  const isBot = (message: Message) => message.botId !== undefined;
  const all = slack.state.channels.flatMap(({ id }) => slack.state.messages(id)).filter(isBot);
  const astray = all.filter((message) => message.channel !== channel || message.threadTs !== root);
  if (astray.length > 0) problems.push(`${astray.length} messages outside of the thread`);
  const mine = slack.thread(channel, root).filter(isBot);
  const withFiles = mine.filter((message) => message.files.length > 0);
  const texts = mine.filter((message) => message.files.length === 0);
  const parts = planParts(wanted.text, true);
  const expected = JSON.stringify(parts.map((part) => seen(blocksOf(part))));
  const visible = JSON.stringify(texts.map((message) => seen(message.blocks)));
  if (visible !== expected) problems.push(`shown is ${visible}\nwanted was ${expected}`);
  if (texts.some((message) => message.stream?.ended === 'no')) problems.push('a stream was left open');
  if (withFiles.length !== (wanted.files ? 1 : 0)) problems.push(`${withFiles.length} messages with files`);
  const missing = JSON.stringify(texts.map((message) => message.blocks)).includes('I could not attach');
  if (missing && withFiles.length > 0) problems.push('a file that stands there is said to be missing');
  if (wanted.files && withFiles[0] !== mine.at(-1)) problems.push('files do not stand below the text');
  const buttons = texts.map((message) => message.blocks.filter(({ type }) => type === 'actions').length);
  const wantedButtons = parts.map((_, i) => (i === parts.length - 1 && wanted.notice ? 1 : 0));
  if (String(buttons) !== String(wantedButtons)) problems.push(`Retry stands at ${buttons}`);
  const live = mine.flatMap((message) => [
    ...message.live.users,
    ...message.live.groups,
    ...message.live.channels,
  ]);
  if (live.length > 0) problems.push(`mentions: ${live.join()}`);
  return problems;
}
