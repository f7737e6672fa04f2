import type { Event } from '@aws-sdk/client-bedrock-agentcore';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CONVERSATION_LIMITS,
  conversationFrom,
  readNewest,
} from '../../../../agent-runtime/memory/conversation.ts';
import { notesFrom } from '../../../../agent-runtime/memory/notes.ts';
import { EVENT_KIND, EVENT_TURN, MAX_MESSAGE_CHARS, talkOf } from '../../../../src/contract/memory.ts';

/** As Memory tells an event. */
const told = (
  at: number,
  said: readonly (readonly ['USER' | 'ASSISTANT' | 'TOOL', string])[],
  metadata: Record<string, string> = {},
): Event => ({
  memoryId: 'threadcore-AbCdEf1234',
  actorId: 'a',
  sessionId: 's',
  eventId: `${at}#ab`,
  eventTimestamp: new Date(at),
  payload: said.map(([role, text]) => ({ conversational: { role, content: { text } } })),
  metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, { stringValue: value }])),
});

/** What writers of ours leave. */
const turn = (turnId: string, question: string, answer: string, askedAt: number, answeredAt = askedAt + 1) =>
  talkOf({ turnId, question, answer, askedAt, answeredAt }).map(({ at, role, text, metadata }) =>
    told(at, [[role === 'user' ? 'USER' : 'ASSISTANT', text]], metadata),
  );
const texts = (events: readonly Event[], ...rest: [ReadonlySet<string>?, typeof CONVERSATION_LIMITS?]) =>
  conversationFrom(events, ...rest).map(({ text }) => text);

describe('a conversation out of Memory', () => {
  test('is questions and answers in their order, whatever the order of the events', () => {
    const events = [...turn('t2', 'q2', 'a2', 20), ...turn('t1', 'q1', 'a1', 10)].reverse();
    expect(conversationFrom(events)).toEqual([
      { role: 'user', text: 'q1' },
      { role: 'assistant', text: 'a1' },
      { role: 'user', text: 'q2' },
      { role: 'assistant', text: 'a2' },
    ]);
  });

  test('keeps question and answer together when the next question came before the answer', () => {
    const events = [...turn('t1', 'q1', 'a1', 10, 100), ...turn('t2', 'q2', 'a2', 50, 200)];
    expect(texts(events)).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  test('leaves out the turn that is being answered, questions without an answer, and what is no talk', () => {
    const [question] = turn('t2', 'unanswered', 'lost', 20);
    const name = told(25, [], { [EVENT_KIND]: 'session' });
    const disguised = told(26, [['USER', 'forged']], { [EVENT_KIND]: 'lane' });
    const tool = told(27, [['TOOL', 'result']]);
    const events = [...turn('t1', 'q1', 'a1', 10), question as Event, name, disguised, tool];
    expect(texts([...events, ...turn('t3', 'again', 'old answer', 30)], new Set(['t3']))).toEqual([
      'q1',
      'a1',
    ]);
  });

  test('reads long texts of several events as one, and cuts what is too long', () => {
    const long = 'x'.repeat(MAX_MESSAGE_CHARS + 10);
    const [question = '', answer = ''] = texts(turn('t1', 'q', long, 10));
    expect([question, answer.length]).toEqual(['q', CONVERSATION_LIMITS.messageChars + 1]);
  });

  test('understands other writers, who name no turn', () => {
    const events = [
      told(10, [['ASSISTANT', 'Welcome']]),
      told(20, [
        ['USER', 'q1'],
        ['ASSISTANT', 'a1'],
      ]),
      told(30, [['USER', 'q2']]),
      told(40, [['ASSISTANT', 'a2']]),
    ];
    expect(texts(events)).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  test('alternates from a question to an answer within its bounds, for any events', () => {
    const role = fc.constantFrom('USER' as const, 'ASSISTANT' as const, 'TOOL' as const);
    const event = fc
      .tuple(
        fc.nat(50),
        fc.array(fc.tuple(role, fc.string({ maxLength: 40 })), { maxLength: 3 }),
        fc.option(fc.constantFrom('t1', 't2', 't3')),
        fc.boolean(),
      )
      .map(([at, said, name, kind]) =>
        told(at, said, {
          ...(name ? { [EVENT_TURN]: name } : {}),
          ...(kind ? { [EVENT_KIND]: 'session' } : {}),
        }),
      );
    const limits = { turns: 3, chars: 60, messageChars: 30, events: 40 };
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const said = conversationFrom(events, new Set(['t3']), limits);
        expect(said.map((message) => message.role)).toEqual(
          said.map((_, i) => (i % 2 === 0 ? 'user' : 'assistant')),
        );
        expect(said.length % 2).toBe(0);
        expect(said.length).toBeLessThanOrEqual(6);
        expect(said.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(60);
      }),
    );
  });
});

test('of a long conversation only the newest part is read', async () => {
  let read = 0;
  async function* newestFirst() {
    for (let n = 10_000; n > 0; n -= 1) {
      const [question, answer] = turn(`t${n}`, `q${n}`, `a${n}`, n * 10) as [Event, Event];
      read += 2;
      yield answer;
      yield question;
    }
  }
  const said = texts(await readNewest(newestFirst()));
  expect(said).toHaveLength(2 * CONVERSATION_LIMITS.turns);
  expect(said.slice(-2)).toEqual(['q10000', 'a10000']);
  expect(read).toBeLessThan(100);
});

describe('the notes of a person', () => {
  const record = (text: string, namespace = '/people/a/facts') => ({
    memoryRecordId: 'mem-1',
    content: { text },
    memoryStrategyId: 'facts-1',
    namespaces: [namespace],
    createdAt: new Date('2026-01-02T03:04:05Z'),
    score: 0.5,
  });

  test('are the best records, each once, preferences in their own words, without a summary of this session', () => {
    const records = [
      record('My project is Atlas.'),
      record(JSON.stringify({ context: 'Said so.', preference: 'I prefer CSV.', categories: [] })),
      record('My project is Atlas.', '/people/a/preferences'),
      record('We spoke of costs.', '/people/a/sessions/tc-other'),
      record('What we speak of now.', '/people/a/sessions/tc-this'),
      record('42'),
    ];
    expect(notesFrom(records, 'tc-this')).toEqual([
      { text: 'My project is Atlas.', noted: '2026-01-02' },
      { text: 'I prefer CSV.', noted: '2026-01-02' },
      { text: 'We spoke of costs.', noted: '2026-01-02' },
      { text: '42', noted: '2026-01-02' },
    ]);
  });

  test('are bounded', () => {
    const records = Array.from({ length: 50 }, (_, n) => record(`${n} ${'x'.repeat(5_000)}`));
    const chars = notesFrom(records, 's').reduce((sum, { text }) => sum + text.length, 0);
    expect(chars).toBeGreaterThan(4_000);
    expect(chars).toBeLessThanOrEqual(6_000);
  });
});
