import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutPage } from '../../../../local/aws/paging.ts';
import { applyFilters, filtersOf, listOf, numberOf } from '../../../../local/aws/query.ts';
import { chooseApi, readTarget } from '../../../../local/aws/route.ts';
import { addressOf } from '../../../../local/aws/s3.ts';
import { toXml } from '../../../../local/aws/xml.ts';

test('XML repeats a tag for an array, leaves out undefined and escapes text', () => {
  const value = { set: { item: [{ id: 'a' }, { id: '<&>"\'' }] }, none: undefined, flag: false, empty: {} };
  expect(toXml('Answer', value, 'urn:x')).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Answer xmlns="urn:x"><set><item><id>a</id></item>' +
      '<item><id>&lt;&amp;&gt;&quot;&apos;</id></item></set><flag>false</flag><empty></empty></Answer>',
  );
});

test('pages of any size give every item once, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (items, size) => {
      const seen: number[] = [];
      let token: string | undefined;
      do {
        const page = cutPage(items, size, token);
        seen.push(...(page?.items ?? []));
        token = page?.next;
      } while (token !== undefined);
      expect(seen).toEqual(items);
    }),
  );
  expect(cutPage([1], 1, 'made up')).toBeUndefined();
});

test('a form gives its numbered lists and filters in order', () => {
  const form = new URLSearchParams(
    'Id.1=a&Id.2=b&Id.4=d&Filter.1.Name=n&Filter.1.Value.1=x&Filter.1.Value.2=y&Filter.2.Name=m',
  );
  expect(listOf(form, 'Id')).toEqual(['a', 'b']);
  expect(filtersOf(form)).toEqual([
    { name: 'n', values: ['x', 'y'] },
    { name: 'm', values: [] },
  ]);
  expect(numberOf(new URLSearchParams('N=5'), 'N', { min: 1, max: 5, fallback: 2 })).toBe(5);
  expect(numberOf(new URLSearchParams(), 'N', { min: 1, max: 5, fallback: 2 })).toBe(2);
  for (const text of ['0', '6', '1.5', 'x']) {
    const wrong = new URLSearchParams({ N: text });
    expect(() => numberOf(wrong, 'N', { min: 1, max: 5, fallback: 2 })).toThrow('allowed are 1 to 5');
  }
});

test('a filter takes its value literally, apart from its two wildcards', () => {
  const things = ['a.b', 'axb', 'a(b'].map((id) => ({ id, tags: [{ key: 'Id', value: id }] }));
  const by = (name: string, ...values: string[]) =>
    applyFilters(things, [{ name, values }], { id: (thing) => [thing.id] }).map((thing) => thing.id);
  expect(by('id', 'a.b')).toEqual(['a.b']);
  expect(by('id', 'a?b')).toEqual(['a.b', 'axb', 'a(b']);
  expect(by('tag:Id', 'a(*', 'axb')).toEqual(['axb', 'a(b']);
  expect(by('tag:None', '*')).toEqual([]);
  expect(() => by('constructor', 'x')).toThrow('invalid');
});

test('a bucket is found in the path or in a host under localhost', () => {
  const headers = { host: '127.0.0.1:4000' };
  expect(addressOf({ headers, segments: [] })).toEqual({ bucket: undefined, key: '' });
  expect(addressOf({ headers, segments: ['b', 'x', 'y'] })).toEqual({ bucket: 'b', key: 'x/y' });
  const hosted = { host: 'my.bucket.localhost:4000' };
  expect(addressOf({ headers: hosted, segments: ['x'] })).toEqual({ bucket: 'my.bucket', key: 'x' });
});

test('a request without a signature is told apart by its shape', () => {
  const apis = ['bedrock-agentcore', 'ec2', 's3', 'lambda', 'sts', 'rds'].map((name) => ({ name }));
  const choose = (path: string, body = '') =>
    chooseApi(
      apis as unknown as Parameters<typeof chooseApi>[0],
      { segments: readTarget(path)?.segments ?? [], body: Buffer.from(body) },
      'missing',
    )?.name;
  expect(choose('/runtimes/x/invocations')).toBe('bedrock-agentcore');
  expect(choose('/2015-03-31/functions/')).toBe('lambda');
  expect(choose('/', 'Action=DescribeInstances&Version=2016-11-15')).toBe('ec2');
  expect(choose('/', 'Action=GetCallerIdentity&Version=2011-06-15')).toBe('sts');
  expect(choose('/', 'Action=DescribeDBInstances&Version=2014-10-31')).toBe('rds');
  expect(choose('/bucket')).toBe('s3');
});

test('a path with broken percent-encoding is no target, an encoded slash is no separator', () => {
  expect(readTarget('/%zz')).toBeUndefined();
  expect(readTarget('/a%2Fb/c?q=1')).toMatchObject({ rawPath: '/a%2Fb/c', segments: ['a/b', 'c'] });
});
