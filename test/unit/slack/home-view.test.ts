import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBlocks } from '../../../local/slack/block-rules.ts';
import { isRefusal } from '../../../local/slack/content-rules.ts';
import { findLiveMentions } from '../../../local/slack/live-mentions.ts';
import { readView } from '../../../local/slack/view-rules.ts';
import type { Shown } from '../../../src/commands/conversation-answers.ts';
import { PREDEFINED_TASKS } from '../../../src/contract/tasks.ts';
import { LIMITS, type SessionEntry } from '../../../src/sessions/session-entry.ts';
import { wordsOf } from '../../../src/slack/answer-blocks.ts';
import { homeView } from '../../../src/slack/home-view.ts';
import { renameForm, searchForm } from '../../../src/slack/session-forms.ts';
import { taskBlocks } from '../../../src/slack/tasks.ts';

/** Texts that are as long as they may be, and full of what Slack could mistake for its own marks. */
const text = (most: number) =>
  fc
    .array(
      fc.constantFrom(
        '<!channel>',
        '<@U1>',
        '*',
        '_',
        '`',
        '~',
        '&',
        '>',
        'é',
        '\u{1F600}',
        'word ',
        '"',
        '\\',
      ),
      {
        minLength: 1,
        maxLength: most,
      },
    )
    .map((parts) => parts.join('').slice(0, most).trim() || 'x');

const entry: fc.Arbitrary<SessionEntry> = fc.record({
  id: fc.constant('tc-0123456789012345678901234567890123456789012345678901'),
  number: fc.integer({ min: 1, max: 9_999_999 }),
  name: text(LIMITS.name),
  tags: fc.array(text(LIMITS.tag), { maxLength: LIMITS.tags }),
  project: fc.oneof(fc.constant(''), text(LIMITS.project)),
  createdAt: fc.constant(1_700_000_000_000),
  lastAt: fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
  turns: fc.nat(),
  question: fc.oneof(fc.constant(''), text(LIMITS.question)),
  archived: fc.boolean(),
  origin: fc.oneof(
    fc.constant(undefined),
    fc.record({
      platform: fc.constant('slack' as const),
      tenant: fc.constant('T0THREADCORE'),
      conversation: fc.oneof(fc.constant('C0CLOUD'), text(40)),
      thread: fc.oneof(fc.constant('1700000000.000100'), text(40)),
    }),
  ),
});
const entries = (max: number) => fc.array(entry, { maxLength: max });

const shown: fc.Arbitrary<Shown> = fc.oneof(
  fc.record({
    kind: fc.constant('sessions' as const),
    entries: entries(30),
    total: fc.nat(),
    archived: fc.boolean(),
    words: fc.oneof(fc.constant(''), text(300)),
    next: fc.constant('1700000000000:tc-0123456789012345678901234567890123456789012345678901'),
    here: fc.constant('tc-0123456789012345678901234567890123456789012345678901'),
    idle: entries(60),
  }),
  fc.record({
    kind: fc.constant('history' as const),
    entry,
    turns: fc.array(
      fc.record({ question: text(9_000), answer: text(9_000), at: fc.constant(1_700_000_000_000) }),
      {
        maxLength: 60,
      },
    ),
    more: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('hits' as const),
    words: text(300),
    hits: fc.array(
      fc.record({
        entry,
        source: fc.constantFrom('talk' as const, 'note' as const),
        text: text(5_000),
        at: fc.nat(),
      }),
      { maxLength: 60 },
    ),
    partial: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('confirm_delete' as const), entry }),
);

const answerOf = (one: Shown) => ({ found: true, atWork: false, text: 'What there is.', shown: one });

describe('what is shown of conversations', () => {
  it('is what Slack takes, whatever they are called, and calls nobody', () => {
    fc.assert(
      fc.property(shown, (one) => {
        const { text: words, blocks } = wordsOf(answerOf(one));
        expect(checkBlocks(blocks)).toBeUndefined();
        expect(words).not.toBe('');
        const live = findLiveMentions(words, blocks as never);
        expect([...live.users, ...live.groups, ...live.channels]).toEqual([]);
        for (const link of live.links)
          expect(link).toBe(
            'https://app.slack.com/client/T0THREADCORE/C0CLOUD/thread/C0CLOUD-1700000000.000100',
          );
      }),
      { numRuns: 60 },
    );
  });

  it('fits the App Home and the forms, too', () => {
    fc.assert(
      fc.property(entries(30), entry, text(400), (many, one, words) => {
        const view = homeView({
          account: words,
          linked: true,
          running: many.map(({ name }, i) => ({
            id: `turn-${i}`,
            question: name,
            conversation: 'C1',
            direct: false,
            since: 1_700_000_000_000,
            waiting: false,
          })),
          sessions: answerOf({
            kind: 'sessions',
            entries: many,
            total: many.length,
            archived: false,
            words: '',
          }),
          settings: { language: 'de', length: 'short' },
        });
        expect(isRefusal(readView(view, 'home'))).toBe(false);
        const origin = {
          channel: 'C1',
          thread: '1.1',
          at: { kind: 'message' as const, url: `https://hooks.slack.com/${'x'.repeat(200)}` },
          list: { words: words.slice(0, 100) },
        };
        expect(isRefusal(readView(renameForm(one, origin), 'modal'))).toBe(false);
        expect(isRefusal(readView(searchForm(origin, words.slice(0, 100)), 'modal'))).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('says for every button of what it is, for those who hear the screen', () => {
    const one = {
      id: 'tc-1',
      number: 3,
      name: 'Staging costs',
      tags: [],
      project: '',
      createdAt: 0,
      lastAt: 0,
      turns: 1,
      question: '',
      archived: false,
      origin: undefined,
    };
    const { blocks } = wordsOf(
      answerOf({ kind: 'sessions', entries: [one], total: 1, archived: false, words: '' }),
    );
    const labels = [...JSON.stringify(blocks).matchAll(/"accessibility_label":"([^"]+)"/g)].map((m) => m[1]);
    for (const what of ['Resume here', 'Rename', 'History of', 'Archive', 'Delete'])
      expect(labels).toContain(`${what} “Staging costs”`);
  });
});

describe('predefined tasks', () => {
  it('fit buttons in both languages, under ids of their own', () => {
    expect(new Set(PREDEFINED_TASKS.map(({ id }) => id)).size).toBe(PREDEFINED_TASKS.length);
    for (const language of ['en', 'de'] as const) {
      expect(checkBlocks(taskBlocks(language))).toBeUndefined();
      for (const { title } of PREDEFINED_TASKS) expect(title[language].length).toBeLessThanOrEqual(40);
    }
  });
});
