import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createReader } from '../../../src/config/reader.ts';
import { readAudit, readSecrets } from '../../../src/config/secrets.ts';

const secret = () => randomBytes(32).toString('base64');

function read(env: Record<string, string>, needed = false) {
  const reader = createReader(env);
  return { ...readSecrets(reader, needed), ...readAudit(reader), problems: reader.problems };
}

describe('the keys of ENCRYPTION_KEYS', () => {
  it('are read in their order, spaces or not', () => {
    const [a, b] = [secret(), secret()];
    const { encryptionKeys, problems } = read({ ENCRYPTION_KEYS: `new:${a}, old-1:${b}` });
    expect(problems).toEqual([]);
    expect(encryptionKeys.map(({ id, key }) => [id, key.export().toString('base64')])).toEqual([
      ['new', a],
      ['old-1', b],
    ]);
  });

  const good = secret();
  it.each([
    ['no id', good, 'key 1: it is not of the form id:base64'],
    ['an id with other characters', `my key:${good}`, 'not of the form'],
    ['an id that could be taken for a part of an envelope', `a.b:${good}`, 'not of the form'],
    ['something else than base64', 'k1:hunter2-hunter2', 'not of the form'],
    ['too few bytes', `k1:${randomBytes(16).toString('base64')}`, 'has 16 bytes instead of 32'],
    ['too many bytes', `k1:${randomBytes(33).toString('base64')}`, 'has 33 bytes instead of 32'],
    ['a key that nobody rolled dice for', `k1:${Buffer.alloc(32, 1).toString('base64')}`, 'are not random'],
    ['one id for two keys', `k1:${good},k1:${secret()}`, 'key 2: its id stands there twice'],
    ['one key under two ids', `k1:${good},k2:${good}`, 'key 2: it is the same secret'],
    ['a comma too much', `k1:${good},`, 'key 2: it is not of the form'],
  ])('are refused with %s, without repeating them', (_what, value, complaint) => {
    const { encryptionKeys, problems } = read({ ENCRYPTION_KEYS: value }, true);
    expect(encryptionKeys).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(complaint)]);
    expect(problems.join()).toContain('openssl rand -base64 32');
    expect(problems.join()).not.toContain(good.slice(0, 12));
    expect(problems.join()).not.toContain('hunter2');
  });

  it('do not show in a log or a dump', () => {
    const { encryptionKeys } = read({ ENCRYPTION_KEYS: `k1:${good}` });
    expect(JSON.stringify(encryptionKeys)).not.toContain(good.slice(0, 12));
  });
});

describe('the keys of KMS_KEY_ID', () => {
  it.each([
    '1234abcd-12ab-34cd-56ef-1234567890ab',
    'mrk-1234abcd12ab34cd56ef1234567890ab',
    'alias/threadcore',
    'arn:aws:kms:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    'arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/team/threadcore',
  ])('may be %s', (id) => {
    expect(read({ KMS_KEY_ID: id })).toMatchObject({ kmsKeyIds: [id], problems: [] });
  });

  it('may be several, the newest first', () => {
    expect(read({ KMS_KEY_ID: 'alias/new, alias/old' }).kmsKeyIds).toEqual(['alias/new', 'alias/old']);
  });

  it.each(['arn:aws:s3:::bucket', 'two words', 'alias/a,', 'alias/a,alias/a'])('may not be %s', (id) => {
    expect(read({ KMS_KEY_ID: id }).problems).toHaveLength(1);
  });
});

describe('secrets that are needed', () => {
  it('are missed in one message that tells both ways to them', () => {
    const { problems } = read({}, true);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/ENCRYPTION_KEYS and KMS_KEY_ID are missing.*openssl.*KMS/);
  });

  it('are there with either of the two', () => {
    expect(read({ ENCRYPTION_KEYS: `k1:${secret()}` }, true).problems).toEqual([]);
    expect(read({ KMS_KEY_ID: 'alias/threadcore' }, true).problems).toEqual([]);
  });
});

it('audit entries stay for a year unless the setting says otherwise', () => {
  expect(read({}).retentionDays).toBe(365);
  expect(read({ AUDIT_RETENTION_DAYS: '30' }).retentionDays).toBe(30);
  expect(read({ AUDIT_RETENTION_DAYS: '0' }).problems).toHaveLength(1);
});
