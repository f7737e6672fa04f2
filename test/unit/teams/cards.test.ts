import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../src/chat/command.ts';
import { notice } from '../../../src/chat/notices.ts';
import type { NoticeCode } from '../../../src/chat/vocabulary.ts';
import type { SessionList } from '../../../src/commands/conversation-answers.ts';
import { helpCard, SUGGESTED, taskCard, wordOf } from '../../../src/teams/answer-cards.ts';
import { CARD_LIMIT, card, lines, withheldCard, words } from '../../../src/teams/cards.ts';
import { messageOf } from '../../../src/teams/render.ts';
import { historyCard, listCard } from '../../../src/teams/session-cards.ts';
import { entry } from '../../integration/slack/conversations-in-memory.ts';

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const WIDE = '雲'.repeat(80);
const LONGEST = Array.from({ length: 10 }, (_one, i) =>
  entry(1_000_000 + i, {
    id: `tc-${'x'.repeat(52)}`,
    name: WIDE,
    question: '雲'.repeat(200),
    project: WIDE,
    tags: Array.from({ length: 20 }, () => '雲'.repeat(40)),
    archived: true,
  }),
);
const LIST: SessionList = { kind: 'sessions', entries: LONGEST, total: 10, archived: false, words: '' };
const CHANNEL = `19:${'x'.repeat(60)}@thread.tacv2`;
const AFAR = { conversation: CHANNEL, thread: `${CHANNEL};messageid=1700000000000` };

describe('a card fits a message of Teams, whatever people have written', () => {
  test.each<[string, object]>([
    [
      'a list of ten, looked for with the longest words, from a thread',
      listCard(
        { ...LIST, words: '雲'.repeat(100), next: 'x'.repeat(100), idle: LONGEST.slice(0, 5) },
        {
          list: { words: '雲'.repeat(100), archived: true, after: 'x'.repeat(200) },
          place: AFAR,
          account: '29:1',
        },
        WIDE,
      ),
    ],
    [
      'a history of ten',
      historyCard(
        {
          kind: 'history',
          entry: entry(1, { name: WIDE }),
          turns: Array.from({ length: 50 }, () => ({
            question: '雲'.repeat(9_000),
            answer: '雲 '.repeat(9_000),
            at: 0,
          })),
          more: true,
        },
        { list: {}, place: AFAR },
      ),
    ],
    ['help', helpCard('`word` does this\n'.repeat(20))],
    ['tasks', taskCard('de')],
  ])('%s', (_name, made) => {
    expect(bytes(made)).toBeLessThan(CARD_LIMIT);
  });
});

test('in a short list every session says all that is known of it', () => {
  const one = entry(3, { name: 'Costs', tags: ['eu'], project: 'Staging' });
  const made = JSON.stringify(listCard({ ...LIST, entries: [one] }, { list: {} }));
  for (const known of ['3\\\\. Costs', 'Question 3?', 'Tags: #eu', 'Project: Staging', '3 questions'])
    expect(made).toContain(known);
});

test.each([
  ['*bold* [a](b) _c_ ~d~', '\\*bold\\* \\[a\\](b) \\_c\\_ \\~d\\~'],
  ['3. Costs\n12) Rollout', '3\\. Costs\n12\\) Rollout'],
  ['- a\n+ b', '\\- a\n\\+ b'],
  ['v1.2 is 3.5', 'v1.2 is 3.5'],
])('%j is shown as it is written', (text, escaped) => {
  expect(words(text).text).toBe(escaped);
});

test('numbered lines of an answer keep their numbers: they are no list that Teams counts', () => {
  const { card: made } = wordOf({ found: true, atWork: false, text: 'Which?\n3. a\n7. b' }, { list: {} });
  expect(made).toMatchObject({ body: lines('Which?\n3. a\n7. b') });
  expect(wordOf({ found: true, atWork: false, text: 'Stopping.' }, { list: {} })).toEqual({
    text: 'Stopping.',
  });
});

test('a card refreshes itself for nobody but the person that it was sent to', () => {
  const made = listCard({ ...LIST, entries: [] }, { list: { archived: true }, account: '29:alice' });
  expect(made.refresh).toEqual({
    action: { type: 'Action.Execute', verb: 'sessions_other', data: { list: { archived: true } } },
    userIds: ['29:alice'],
  });
  expect(card([])).not.toHaveProperty('refresh');
});

test('what the help offers at a press are commands that need no more words', () => {
  for (const name of SUGGESTED) expect(parseCommand(name)?.name).toBe(name);
});

test('below what was withheld people can ask why, and object', () => {
  const { actions } = withheldCard('turn-1') as { actions: { verb: string; data: object }[] };
  expect(actions.map(({ verb, data }) => [verb, data])).toEqual([
    ['turn_why', { turn: 'turn-1' }],
    ['turn_dispute', { turn: 'turn-1' }],
  ]);
  const shown = (code: NoticeCode) =>
    JSON.stringify(messageOf({ text: '', status: '', tasks: [], notice: notice(code) }, 'turn-1'));
  for (const code of ['question_blocked', 'answer_blocked'] as const)
    expect(shown(code)).toContain('turn_why');
  expect(shown('agent_failed')).not.toContain('turn_why');
});
