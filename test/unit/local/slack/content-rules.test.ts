import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readChunks, readContent, readMetadata } from '../../../../local/slack/content-rules.ts';

const POST = 40_000;
const long = (length: number) => 'x'.repeat(length);

describe('the content of a message', () => {
  test.each([
    ['nothing at all', {}, 'no_text'],
    ['an empty text', { text: '' }, 'no_text'],
    ['only spaces', { text: ' \n ' }, 'no_text'],
    ['empty markdown', { markdown_text: '' }, 'no_text'],
    ['empty blocks', { blocks: [] }, 'no_text'],
    ['a text of 40,001', { text: long(POST + 1) }, 'msg_too_long'],
    ['markdown of 12,001', { markdown_text: long(12_001) }, 'msg_too_long'],
    ['markdown and text', { markdown_text: 'a', text: 'b' }, 'markdown_text_conflict'],
    ['markdown and blocks', { markdown_text: 'a', blocks: [] }, 'markdown_text_conflict'],
    ['blocks that are no list', { text: 'a', blocks: 'b' }, 'invalid_blocks_format'],
    ['attachments that are no list', { text: 'a', attachments: {} }, 'invalid_attachments'],
  ])('%s is refused', (_name, args, error) => {
    expect(readContent(args, POST)).toMatchObject({ ok: false, error });
  });

  test.each([
    ['a text of 40,000', { text: long(POST) }],
    ['markdown of 12,000', { markdown_text: long(12_000) }],
    ['blocks alone', { blocks: [{ type: 'divider' }] }],
    ['attachments alone', { attachments: [{ text: 'x' }] }],
  ])('%s is taken', (_name, args) => {
    expect(readContent(args, POST)).not.toHaveProperty('ok');
  });
});

describe('metadata', () => {
  test.each([
    ['a list', [], 'invalid_metadata_format'],
    ['text', 'x', 'invalid_metadata_format'],
    ['no event_type', { event_payload: {} }, 'invalid_metadata_format'],
    ['no payload', { event_type: 'a' }, 'invalid_metadata_schema'],
    ['a payload that is a list', { event_type: 'a', event_payload: [] }, 'invalid_metadata_schema'],
    ['too much', { event_type: 'a', event_payload: { a: long(16_000) } }, 'metadata_too_large'],
  ])('%s is refused', (_name, value, error) => {
    expect(readMetadata(value)).toEqual({ ok: false, error });
  });

  test('not given keeps, an empty object removes', () => {
    expect(readMetadata(undefined)).toEqual({ metadata: undefined });
    expect(readMetadata({})).toEqual({ metadata: null });
  });
});

describe('chunks', () => {
  const task = { type: 'task_update', id: 'a', title: 'b', status: 'pending' };

  test.each([
    ['an empty list', []],
    ['an unknown type', [{ type: 'image' }]],
    ['a task without id', [{ ...task, id: undefined }]],
    ['a task without title', [{ ...task, title: '' }]],
    ['an unknown status', [{ ...task, status: 'cancelled' }]],
    ['a title of 257', [{ ...task, title: long(257) }]],
    ['details of 257', [{ ...task, details: long(257) }]],
    ['sources that are no list', [{ ...task, sources: 'x' }]],
    ['a plan without title', [{ type: 'plan_update' }]],
    ['a plan title of 257', [{ type: 'plan_update', title: long(257) }]],
    ['text that is missing', [{ type: 'markdown_text' }]],
  ])('%s: the whole call is refused', (_name, chunks) => {
    const before = { type: 'markdown_text', text: 'good' };
    expect(readChunks(chunks.length === 0 ? chunks : [before, ...chunks])).toMatchObject({
      error: 'invalid_arguments',
    });
  });

  test('a text of 12,001 and bad blocks have their own names', () => {
    expect(readChunks([{ type: 'markdown_text', text: long(12_001) }])).toMatchObject({
      error: 'msg_too_long',
    });
    const bad = [
      { type: 'blocks', blocks: [{ type: 'header', text: { type: 'plain_text', text: long(151) } }] },
    ];
    expect(readChunks(bad)).toMatchObject({ error: 'invalid_blocks' });
  });

  test('any input is an answer, never a crash', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const read = readChunks(value);
        expect(Array.isArray(read) || 'error' in read).toBe(true);
      }),
    );
  });
});
