import { describe, expect, it } from 'vitest';
import { secretIn } from '../../../src/chat/secrets.ts';
import { exampleOf } from '../../../src/guardrails/example.ts';
import { makeSecret, SECRET_MAKERS } from '../chat/known-secrets.ts';

const topic = { policy: 'topic', rule: 'Politics' } as const;
const name = (match: string) => ({ policy: 'personal_data', rule: 'NAME', match }) as const;

describe('an example of what a policy minded', () => {
  it('is what somebody wrote, without what rules about personal data found and without its forms', () => {
    const text = 'Does Alice Smith, +1 202 555 0143, a@b.io, vote? Alice Smith should.';
    expect(exampleOf([text], [topic, name('Alice Smith')], topic)).toBe(
      'Does {NAME}, [phone], [email], vote? {NAME} should.',
    );
  });

  it('shows the word that a list minds, because that is what an operator has to see', () => {
    const word = { policy: 'word', rule: '', match: 'falcon' } as const;
    expect(exampleOf(['the falcon of Alice'], [word, name('Alice')], word)).toBe('the falcon of {NAME}');
  });

  it('has no secret, whichever rule minds it', () => {
    const key = `AK${'IA'}IOSFODNN7EXAMPLE`;
    const password = { policy: 'personal_data', rule: 'PASSWORD', match: 'hunter2' } as const;
    const example = exampleOf([`my password is hunter2 and my key ${key}`], [password], password);
    expect(example).toContain('{PASSWORD}');
    expect(example).not.toMatch(/hunter2|AKIA/);
  });

  it.each(Object.keys(SECRET_MAKERS))('has no secret such as %s, in letters of whatever alphabet', (kind) => {
    const secret = makeSecret(kind, 5);
    for (const form of [secret, secret.replaceAll('A', '\u0410').replaceAll('e', '\uff45')]) {
      const example = exampleOf([`before ${form} after`], [topic], topic) ?? '';
      expect(example).not.toContain(form);
      expect(secretIn(example)).toBeUndefined();
    }
  });

  it('is not given where personal data was found and nobody says where', () => {
    expect(
      exampleOf(['ask Alice'], [topic, { policy: 'personal_data', rule: 'NAME' }], topic),
    ).toBeUndefined();
    expect(exampleOf(['ask Alice'], [topic, name('Bob')], topic)).toBeUndefined();
  });

  it('is short, and is about the place that was minded', () => {
    const long = `${'one two '.repeat(200)}Alice Smith ${'three four '.repeat(200)}`;
    const example = exampleOf([long], [name('Alice Smith')], name('Alice Smith'));
    expect(example).toMatch(/^… (?:one|two) .*\{NAME\} three four .*…$/);
    expect(example?.length).toBeLessThanOrEqual(200);
  });

  it('masks the longer of two findings in each other first, and leaves no rest of it', () => {
    expect(exampleOf(['by Alice Smith'], [name('Alice'), name('Alice Smith')], topic)).toBe('by {NAME}');
  });
});
