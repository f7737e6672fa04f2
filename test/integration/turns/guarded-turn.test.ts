import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockMessage } from '../../../src/chat/block-messages.ts';
import { personId } from '../../../src/chat/keys.ts';
import { linkHosts } from '../../../src/chat/links.ts';
import { createGuards, type GuardMode, type Intervention } from '../../../src/guardrails/guards.ts';
import { judge } from '../../../src/guardrails/judge.ts';
import { type Block, unavailable } from '../../../src/guardrails/verdict.ts';
import { composeExplanations } from '../../../src/main/guards.ts';
import { createGuardedAnswer } from '../../../src/turns/guarded-answer.ts';
import { HandedOver } from '../../../src/turns/run-turn.ts';
import { policyOf, type TurnGuards } from '../../../src/turns/turn-guards.ts';
import { testRedis } from '../../setup/redis.ts';
import { answerOf, type Rules } from '../../unit/guardrails/scripted-guardrail.ts';
import { end, text, tool } from '../../unit/turns/agent-events.ts';
import { createRig, type Rig } from './rig.ts';
import { benchOn, hangs, says } from './turn-bench.ts';

let url: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());
const bench = benchOn(() => rig);

const RULES = { masked: ['Alice Smith'], blocked: ['buy gold'] };
const words = (length: number) => 'some words '.repeat(Math.ceil(length / 11));

const titled = (title: string, state: 'started' | 'finished') =>
  ({ type: 'tool', id: 'tool-1', name: 'tool', title, effect: 'read', state }) as const;

function guardsOf({
  mode = 'enforce',
  rules = RULES,
  down = false,
  ground,
}: {
  mode?: GuardMode;
  rules?: Rules;
  down?: boolean | 'answer';
  ground?: (answer: string) => Promise<Block | undefined>;
} = {}) {
  const found: Intervention[] = [];
  const asked: string[] = [];
  const note = (one: Intervention) => void found.push(one);
  const guards = createGuards({
    async check(source, texts) {
      asked.push(...texts);
      if (down === true || (down === 'answer' && source === 'OUTPUT')) return unavailable('planted');
      return judge(answerOf(texts, rules), texts);
    },
    mode,
    redactInput: true,
    redactOutput: true,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
  });
  const turnGuards: TurnGuards = {
    question: (turn, signal) => guards.question(turn.message.text, signal, note),
    answer: (_turn, show, signal) =>
      createGuardedAnswer({
        openGate: (on) => guards.answer(on, signal, note),
        shadow: mode === 'shadow',
        onSecret: () => note({ direction: 'answer', policies: ['secret'], action: 'blocked' }),
        ground,
        mayLink: linkHosts(new Set(['docs.example.org'])),
        show,
      }),
    words: (direction, policy, locale) => blockMessage(direction, policy, locale),
  };
  return { guards: turnGuards, found, asked };
}

describe('a guarded turn', () => {
  it('shows what nobody minds, with links to allowed hosts only', async () => {
    const { guards } = guardsOf();
    const b = await bench({
      agent: [says(text('See https://docs.example.org/x and '), text('https://evil.com/y.'), end())],
      more: { guards },
    });
    await b.runNext();
    expect(b.finals[0]?.text).toBe('See https://docs.example.org/x and https[:]//evil[.]com/y.');
    expect(b.finals[0]?.feedback).toBe(true);
    expect(await b.state()).toBe('done');
  });

  it('withholds a question that a policy minds: the agent never hears of it, and the person is told why', async () => {
    const { guards, found } = guardsOf();
    const b = await bench({ text: 'How do I buy gold?', agent: [], more: { guards } });
    await b.runNext();
    expect(b.calls).toEqual([]);
    const [final] = b.finals;
    expect(final?.notice).toMatchObject({ code: 'question_blocked', retry: false });
    expect(final?.notice?.text).toContain('cloud engineering');
    expect(final?.notice?.text).not.toContain('gold');
    expect(b.ends[0]).toMatch(/^blocked: question_blocked: topic/);
    expect(policyOf(b.ends[0]?.replace('blocked: ', ''))).toBe('topic');
    // What was withheld is not kept, either.
    expect(await rig.lanes.read(b.turnId)).toMatchObject({ wordsGone: true, message: { text: '' } });
    expect(JSON.stringify(await rig.redis.hgetall(`${rig.prefix}:turn:${b.turnId}`))).not.toContain('gold');
    expect(found).toMatchObject([{ direction: 'question', policies: ['topic'], action: 'blocked' }]);
  });

  it.each(['question', 'answer'])(
    'says in the language that its author has set why the %s is withheld',
    async (what) => {
      const sold = what === 'question';
      await rig.redis.hset(`${rig.prefix}:person:${personId({ tenant: 'T1', id: 'U1' })}`, 'language', 'de');
      const b = await bench({
        text: sold ? 'How do I buy gold?' : 'How many?',
        agent: sold ? [] : [says(text('You buy gold.'), end())],
        more: { guards: guardsOf().guards },
      });
      await b.runNext();
      expect(b.finals[0]?.notice?.text).toMatch(
        sold ? /Cloud-Technik da und kann/ : /^Der Rest dieser Antwort/,
      );
      const { explain } = composeExplanations({
        read: rig.lanes.read,
        audit: { record: async () => 'recorded' as never },
        once: async () => true,
        takeBack: async () => undefined,
        platform: 'slack',
        people: { languageOf: async () => 'fr' },
      });
      expect(await explain(b.turnId, { tenant: 'T1', id: 'U1' })).toMatch(/^Ihre Organisation/);
    },
  );

  it('masks in a question what the agent and its memory are not to know', async () => {
    const { guards } = guardsOf();
    const told: unknown[] = [];
    const b = await bench({
      text: 'Is Alice Smith an admin?',
      agent: [says(text('Yes.'), end())],
      more: {
        guards,
        async remember(said) {
          told.push(said);
        },
        // A session is named after its first question, and Memory hears of that.
        async sessionOf({ message }) {
          told.push(message);
          return { session: `session-${'x'.repeat(30)}`, listed: '' };
        },
      },
    });
    await b.runNext();
    expect(b.calls[0]?.invocation.prompt).toBe('Is {NAME} an admin?');
    expect(told).toMatchObject([{ text: 'Is {NAME} an admin?' }, { question: 'Is {NAME} an admin?' }]);
    expect(JSON.stringify([b.calls[0]?.invocation, told])).not.toContain('Alice');
  });

  it('masks in an answer, in steps and in files', async () => {
    const { guards } = guardsOf();
    const step = titled('Look up Alice Smith', 'finished');
    const file = {
      type: 'file' as const,
      name: 'people.png',
      mediaType: 'image/png',
      base64: 'AAAA',
      title: 'Of Alice Smith',
      alt: 'A chart',
    };
    const secret = {
      ...file,
      name: 'people.csv',
      mediaType: 'text/csv',
      base64: btoa('name\nAlice Smith\n'),
    };
    const b = await bench({
      agent: [says(step, file, secret, text(`${words(400)}Alice `), text('Smith did it.'), end())],
      more: { guards },
    });
    await b.runNext();
    expect(JSON.stringify([b.shown, b.finals])).not.toContain('Alice');
    expect(b.finals[0]?.text).toBe(`${words(400)}{NAME} did it.`);
    expect(b.finals[0]?.tasks).toMatchObject([{ title: 'Look up {NAME}' }]);
    expect(b.finals[0]?.files).toMatchObject([
      { name: 'people.png', title: 'Of {NAME}', base64: 'AAAA' },
      { name: 'people.csv', title: 'Of {NAME}', base64: btoa('name\n{NAME}\n') },
    ]);
  });

  it('ends in mid-answer: what passed stays, the rest is never shown, and the agent is stopped', async () => {
    const stopped: string[] = [];
    const { guards, found } = guardsOf();
    const agent = hangs(() => undefined, text(words(1_000)), text(`now buy gold ${words(3_000)}`));
    const b = await bench({
      agent: [agent],
      more: {
        guards,
        stopSession(session) {
          stopped.push(session);
          return Promise.resolve();
        },
      },
    });
    await b.runNext();
    const [final] = b.finals;
    expect(final?.text.length).toBeGreaterThan(100);
    expect(words(1_000).startsWith(final?.text ?? 'x')).toBe(true);
    expect(JSON.stringify([b.shown, b.finals])).not.toContain('gold');
    expect(final?.notice).toMatchObject({ code: 'answer_blocked' });
    expect(stopped).toHaveLength(1);
    expect(await b.state()).toBe('blocked');
    expect(found).toMatchObject([{ direction: 'answer', policies: ['topic'], action: 'blocked' }]);
  });

  it('withholds the end of an answer that says more than its thread, and says why', async () => {
    const asked: string[] = [];
    const { guards } = guardsOf({
      async ground(answer) {
        asked.push(answer);
        return { kind: 'block', policy: 'grounding', reason: 'grounding: GROUNDING' };
      },
    });
    const b = await bench({
      agent: [says(text(words(600)), text('and nine more.'), end())],
      more: { guards },
    });
    await b.runNext();
    expect(asked).toEqual([`${words(600)}and nine more.`]);
    expect(JSON.stringify([b.shown, b.finals])).not.toContain('nine');
    expect(b.finals[0]?.notice).toMatchObject({ code: 'answer_blocked' });
    expect(b.ends[0]).toMatch(/^blocked: guardrail: grounding/);
  });

  it('shows no step that a policy minds', async () => {
    const { guards } = guardsOf();
    const b = await bench({
      agent: [says(titled('Go and buy gold', 'started'), text('Done.'), end())],
      more: { guards },
    });
    await b.runNext();
    expect(JSON.stringify([b.shown, b.finals])).not.toContain('gold');
    expect(await b.state()).toBe('blocked');
  });

  it.each(['enforce', 'shadow'] as const)(
    'lets no secret through, in either direction, without asking anybody: %s',
    async (mode) => {
      const key = `AK${'IA'}IOSFODNN7EXAMPLE`;
      const one = guardsOf({ mode });
      const question = await bench({ text: `My key is ${key}`, agent: [], more: { guards: one.guards } });
      await question.runNext();
      expect(question.finals[0]?.notice?.text).toContain('password, key or token');
      const other = guardsOf({ mode });
      const answer = await bench({
        agent: [says(text(`${words(300)}It is ${key.slice(0, 9)}`), text(`${key.slice(9)} there.`), end())],
        more: { guards: other.guards },
      });
      await answer.runNext();
      expect(JSON.stringify([answer.shown, answer.finals])).not.toContain('IOSF');
      expect(answer.finals[0]?.notice).toMatchObject({ code: 'answer_blocked' });
      expect([...one.asked, ...other.asked].join()).not.toContain(key);
      expect(question.calls).toEqual([]);
      expect(await Promise.all([question.state(), answer.state()])).toEqual(['blocked', 'blocked']);
      expect([...one.found, ...other.found]).toContainEqual({
        direction: 'answer',
        policies: ['secret'],
        action: 'blocked',
      });
    },
  );

  it('says that it is temporary when nothing can be checked, and asks the agent nothing', async () => {
    const b = await bench({ agent: [], more: { guards: guardsOf({ down: true }).guards } });
    await b.runNext();
    expect(b.calls).toEqual([]);
    expect(b.finals[0]?.notice).toMatchObject({ code: 'guardrail_unavailable', retry: true });
    expect(b.finals[0]?.notice?.text).toContain('temporary');
    expect(await b.state()).toBe('failed');
  });

  it('invites nobody to make a change again of which nothing could be shown', async () => {
    const b = await bench({
      agent: [says(tool('write', 'started'), tool('write', 'finished'), text('Deleted.'), end())],
      more: { guards: guardsOf({ down: 'answer' }).guards },
    });
    await b.runNext();
    expect(JSON.stringify(b.finals)).not.toContain('Deleted');
    expect(b.finals[0]?.notice).toMatchObject({
      code: expect.stringMatching(/^(?:outcome_unknown|stopped_in_change)$/),
      retry: false,
    });
    expect(await b.state()).toBe('unknown');
  });

  it('in shadow mode shows everything, and tells what would have been withheld', async () => {
    const { guards, found } = guardsOf({ mode: 'shadow' });
    const b = await bench({
      text: 'How does Alice Smith buy gold?',
      agent: [says(text('Alice Smith can buy gold here.'), end())],
      more: { guards },
    });
    await b.runNext();
    expect(b.finals[0]?.text).toBe('Alice Smith can buy gold here.');
    expect(b.calls[0]?.invocation.prompt).toBe('How does Alice Smith buy gold?');
    expect(await b.state()).toBe('done');
    expect(found.map((one) => one.direction).sort()).toEqual(['answer', 'question']);
  });

  it('counts no block for a turn that is handed over in the middle', async () => {
    const { guards, found } = guardsOf();
    let leave: () => void = () => undefined;
    const b = await bench({ agent: [hangs(() => leave(), text(words(600)))], more: { guards } });
    await b.run(await b.claim(), (hold) => {
      leave = () => hold.abort(new HandedOver());
    });
    expect(b.finals).toEqual([]);
    expect(found).toEqual([]);
    expect(await b.state()).toBe('queued');
  });

  it('an answer that begins anew is shown anew', async () => {
    const { guards } = guardsOf();
    const b = await bench({
      agent: [
        says(text(`first ${words(600)}`)),
        says({ type: 'error', code: 'turn_unknown', message: 'x', retryable: false }, end()),
        says(text('second'), end()),
      ],
      more: { guards },
    });
    await b.runNext();
    expect(b.finals[0]?.text).toBe('second');
  });
});
