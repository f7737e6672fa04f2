import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMANDS_ON, grammar } from '../../../src/chat/command.ts';
import { createGrammar, type Where } from '../../../src/chat/command-grammar.ts';
import { type AnyCommand, COMMANDS, type CommandName } from '../../../src/chat/command-table.ts';

const NAMES = Object.keys(COMMANDS) as CommandName[];
const all = createGrammar(NAMES);

describe('everywhere', () => {
  it.each<[string, AnyCommand]>([
    ['help', { name: 'help' }],
    ['Sessions?', { name: 'sessions', words: '' }],
    ['/sessions', { name: 'sessions', words: '' }],
    ['sessions "staging costs"', { name: 'sessions', words: 'staging costs' }],
    ['new', { name: 'new' }],
    ['NEW!', { name: 'new' }],
    ['new “Costs in May?”', { name: 'new', title: 'Costs in May?' }],
    ['/new Costs in May?', { name: 'new', title: 'Costs in May?' }],
    ['resume 3', { name: 'resume', session: { number: 3 } }],
    ['Resume #3.', { name: 'resume', session: { number: 3 } }],
    ['resume "2024"', { name: 'resume', session: { title: '2024' } }],
    ['resume «Staging»', { name: 'resume', session: { title: 'Staging' } }],
    ["rename 'Staging  costs'", { name: 'rename', title: 'Staging costs' }],
    ['rename “"Staging"”', { name: 'rename', title: 'Staging' }],
    ['history', { name: 'history' }],
    ['history 5', { name: 'history', count: 5 }],
    ['history 1000!', { name: 'history', count: 50 }],
    ['archive', { name: 'archive' }],
    ['archive "Staging"', { name: 'archive', session: { title: 'Staging' } }],
    ['search „Fehler im Log“', { name: 'search', words: 'Fehler im Log' }],
    ['tasks?', { name: 'tasks' }],
    ['stop  all', { name: 'stop', all: true }],
    // A few words that read as a name need no quotes.
    ['rename Spending in spring', { name: 'rename', title: 'Spending in spring' }],
    ['new cost review', { name: 'new', title: 'cost review' }],
    ['tag money', { name: 'tag', tag: 'money' }],
    ['sessions staging', { name: 'sessions', words: 'staging' }],
    ['search budget 2026', { name: 'search', words: 'budget 2026' }],
    ['delete 3 really', { name: 'delete', session: { number: 3 }, really: true }],
    ['export', { name: 'export' }],
    ['Forget  me!', { name: 'forget me' }],
    ['/forget me', { name: 'forget me' }],
  ])('%j is one and the same command', (words, command) => {
    expect(all.parse(words, 'message')).toEqual(command);
    expect(all.parse(words, 'slash')).toEqual(command);
  });
});

describe('what merely begins with such a word', () => {
  it.each<[string, AnyCommand]>([
    ['new instances in us-east-2?', { name: 'new', title: 'instances in us-east-2?' }],
    ['search the logs for errors', { name: 'search', words: 'the logs for errors' }],
    ['search "error" in the logs', { name: 'search', words: '"error" in the logs' }],
    // Which quotes belong together?
    ['rename "a" to "b"', { name: 'rename', title: '"a" to "b"' }],
    ['rename the bucket to x', { name: 'rename', title: 'the bucket to x' }],
    ['sessions on the ALB drop', { name: 'sessions', words: 'on the ALB drop' }],
    ['new bucket, please', { name: 'new', title: 'bucket, please' }],
    ['rename i-1 to web-2', { name: 'rename', title: 'i-1 to web-2' }],
    ['search errors?', { name: 'search', words: 'errors?' }],
    ['archive the logs of May', { name: 'archive', session: { title: 'the logs of May' } }],
    ['help me with my VPC', { name: 'help' }],
  ])('%j is a question, and behind /agent a command', (words, command) => {
    expect(all.parse(words, 'message')).toBeUndefined();
    expect(all.parse(words, 'slash')).toEqual(command);
  });

  it.each([
    'history of this bucket',
    'history "5"',
    'status of the deployment',
    'status: all red, why?',
    'New: i-1 fails its health check, why?',
    'stop all instances',
    'stop "all"',
    'export the table to CSV',
    'forget me not',
    'tasks of ECS in prod?',
    'link the two VPCs',
    'help "me"',
    'resume',
    'rename',
    'rename ""',
    'search ?',
    'newinstances',
    'new-instances',
    '// sessions',
  ])('%j is never a command', (words) => {
    expect(all.parse(words, 'message')).toBeUndefined();
    expect(all.parse(words, 'slash')).toBeUndefined();
  });

  it('may be meant for us where there is a session of that name', () => {
    // The agent may have offered a list.
    for (const name of ['archive', 'delete'] as const) {
      const known = { name, session: { number: 3 } };
      expect(all.parse(`${name} 3`, 'message')).toEqual({ ...known, onlyIfKnown: true });
      expect(all.parse(`${name} 3`, 'slash')).toEqual(known);
    }
    for (const name of ['archive', 'delete', 'restore'] as const) {
      const known = { name, session: { title: 'Staging costs' } };
      expect(all.parse(`${name} Staging costs`, 'message')).toEqual({ ...known, onlyIfKnown: true });
    }
    const words = 'resume the rollout in eu-west-1';
    const session = { title: 'the rollout in eu-west-1' };
    expect(all.parse(words, 'message')).toEqual({ name: 'resume', session, onlyIfKnown: true });
    expect(all.parse(words, 'slash')).toEqual({ name: 'resume', session });
    expect(all.parse(`resume ${'a long story '.repeat(20)}`, 'message')).toBeUndefined();
  });
});

describe('behind /agent', () => {
  it.each<[string, ReturnType<typeof all.hint>]>([
    ['sesions', { kind: 'meant', name: 'sessions' }],
    ['Histroy 5', { kind: 'meant', name: 'history' }],
    ['stpo', { kind: 'meant', name: 'stop' }],
    ['forget', { kind: 'meant', name: 'forget me' }],
    ['forgt me', { kind: 'meant', name: 'forget me' }],
    ['unlnik!', { kind: 'meant', name: 'unlink' }],
    ['make coffee', { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
    ['resume', { kind: 'usage', name: 'resume', usage: 'resume <number or name>' }],
    ['status of it', { kind: 'usage', name: 'status', usage: 'status' }],
    ['stop it', { kind: 'usage', name: 'stop', usage: 'stop [all]' }],
  ])('%j gets a hint', (words, hint) => {
    expect(all.parse(words, 'slash')).toBeUndefined();
    expect(all.hint(words)).toEqual(hint);
  });
});

describe('help', () => {
  it('has a line for each command, and fits one screen', () => {
    const lines = all.help('/agent').split('\n');
    for (const name of NAMES)
      expect(lines.filter((line) => line.startsWith(`\`${all.usage(name)}\` `))).toHaveLength(1);
    expect(lines.length).toBeLessThanOrEqual(NAMES.length + 4);
    // One section block of Slack holds 3,000 characters.
    expect(all.help('/agent').length).toBeLessThan(1_800);
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(100);
    expect(all.help()).not.toContain('/agent');
  });

  it('offers nothing that is off, and nothing of that is read or guessed', () => {
    const few = createGrammar(['stop', 'help']);
    expect(few.names).toEqual(['help', 'stop']);
    expect(few.help()).not.toMatch(/sessions|rename|export/);
    for (const where of ['slash', 'message'] as const) {
      expect(few.parse('sessions', where)).toBeUndefined();
      expect(few.parse('stop all', where)).toEqual({ name: 'stop', all: true });
    }
    expect(few.hint('sesions')).toEqual({ kind: 'unknown' });
    expect(grammar.names.toSorted()).toEqual([...COMMANDS_ON].toSorted());
    expect(few.parse('export', 'slash')).toBeUndefined();
  });
});

describe('in any words', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...NAMES,
          'all',
          'me',
          '3',
          '#12',
          '"',
          '“',
          '”',
          '«',
          '»',
          "'",
          '`',
          '/',
          '?',
          '!',
          ':',
          ' ',
          '\n',
        ),
        fc.string({ unit: 'grapheme', maxLength: 6 }),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''));
  const where = fc.constantFrom<Where>('slash', 'message');

  it('reading never throws, and what is read is written so that it is read again', () => {
    let commands = 0;
    fc.assert(
      fc.property(fc.constantFrom(...NAMES, ''), text, where, (name, rest, place) => {
        const words = `${name} ${rest}`;
        const command = all.parse(words, place);
        all.hint(words);
        if (!command) return;
        commands += 1;
        const written = all.write(command);
        expect(all.parse(written, 'message')).toEqual(command);
        const { onlyIfKnown: _, ...same } = command as { onlyIfKnown?: true };
        expect(all.parse(written, 'slash')).toEqual(same);
      }),
      { numRuns: 5_000 },
    );
    expect(commands).toBeGreaterThan(1_000);
  });

  it('what is a command in a message is the same one behind /agent', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES, ''), text, (name, rest) => {
        const command = all.parse(`${name} ${rest}`, 'message');
        if (!command) return;
        const { onlyIfKnown: _, ...same } = command as { onlyIfKnown?: true };
        expect(all.parse(`${name} ${rest}`, 'slash')).toEqual(same);
      }),
      { numRuns: 5_000 },
    );
  });
});
