import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK_LIMITS, checkBlocks } from '../../../../local/slack/block-rules.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const button = (more: object = {}) => ({ type: 'button', text: plain(5), ...more });
const actions = (elements: object[]) => ({ type: 'actions', elements });

const confirm = (more: object) => ({
  title: plain(1),
  text: plain(1),
  confirm: plain(1),
  deny: plain(1),
  ...more,
});
const choice = (type: string, n: number) => ({
  type,
  options: Array.from({ length: n }, (_, i) => ({ text: plain(1), value: `v${i}` })),
});

/** Each limit: what to build with `n`, and the largest `n` that Slack takes. */
const LIMITS: [string, number, (n: number) => object[]][] = [
  ['blocks', BLOCK_LIMITS.blocks, (n) => Array.from({ length: n }, () => ({ type: 'divider' }))],
  ['section text', BLOCK_LIMITS.sectionText, (n) => [{ type: 'section', text: plain(n) }]],
  [
    'section fields',
    BLOCK_LIMITS.sectionFields,
    (n) => [{ type: 'section', fields: Array.from({ length: n }, () => plain(1)) }],
  ],
  ['section field', BLOCK_LIMITS.fieldText, (n) => [{ type: 'section', fields: [plain(n)] }]],
  ['header', BLOCK_LIMITS.headerText, (n) => [{ type: 'header', text: plain(n) }]],
  [
    'context elements',
    BLOCK_LIMITS.contextElements,
    (n) => [{ type: 'context', elements: Array.from({ length: n }, () => plain(1)) }],
  ],
  [
    'action elements',
    BLOCK_LIMITS.actionsElements,
    (n) => [actions(Array.from({ length: n }, () => button()))],
  ],
  ['button text', BLOCK_LIMITS.buttonText, (n) => [actions([button({ text: plain(n) })])]],
  ['button value', BLOCK_LIMITS.buttonValue, (n) => [actions([button({ value: 'x'.repeat(n) })])]],
  ['action_id', BLOCK_LIMITS.identifier, (n) => [actions([button({ action_id: 'x'.repeat(n) })])]],
  [
    'accessibility label',
    BLOCK_LIMITS.accessibilityLabel,
    (n) => [actions([button({ accessibility_label: 'x'.repeat(n) })])],
  ],
  [
    'confirm title',
    BLOCK_LIMITS.confirmTitle,
    (n) => [actions([button({ confirm: confirm({ title: plain(n) }) })])],
  ],
  [
    'confirm text',
    BLOCK_LIMITS.confirmText,
    (n) => [actions([button({ confirm: confirm({ text: plain(n) }) })])],
  ],
  [
    'confirm button',
    BLOCK_LIMITS.confirmButton,
    (n) => [actions([button({ confirm: confirm({ deny: plain(n) }) })])],
  ],
  ['overflow options', BLOCK_LIMITS.overflowOptions, (n) => [actions([choice('overflow', n)])]],
  ['radio options', BLOCK_LIMITS.tickOptions, (n) => [actions([choice('radio_buttons', n)])]],
  ['select options', BLOCK_LIMITS.selectOptions, (n) => [actions([choice('static_select', n)])]],
  [
    'option value',
    BLOCK_LIMITS.optionValue,
    (n) => [actions([{ type: 'overflow', options: [{ text: plain(1), value: 'x'.repeat(n) }] }])],
  ],
  [
    'option text',
    BLOCK_LIMITS.optionText,
    (n) => [actions([{ type: 'overflow', options: [{ text: plain(n), value: 'x' }] }])],
  ],
  [
    'length of an input',
    BLOCK_LIMITS.inputLength,
    (n) => [{ type: 'input', label: plain(1), element: { type: 'plain_text_input', max_length: n } }],
  ],
  ['block_id', BLOCK_LIMITS.identifier, (n) => [{ type: 'divider', block_id: 'x'.repeat(n) }]],
  [
    'table rows',
    BLOCK_LIMITS.tableRows,
    (n) => [{ type: 'table', rows: Array.from({ length: n }, () => [{ type: 'raw_text', text: 'x' }]) }],
  ],
  [
    'table columns',
    BLOCK_LIMITS.tableColumns,
    (n) => [{ type: 'table', rows: [Array.from({ length: n }, () => ({ type: 'raw_text', text: 'x' }))] }],
  ],
];

describe('block limits', () => {
  test.each(LIMITS)('%s: %i pass, one more is refused', (_name, max, build) => {
    expect(checkBlocks(build(max))).toBeUndefined();
    expect(checkBlocks(build(max + 1))).toMatchObject({ ok: false, error: 'invalid_blocks' });
  });

  test.each(LIMITS)('%s: every size is judged by the limit alone', (_name, max, build) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: max * 2 }), (n) => {
        expect(checkBlocks(build(n)) === undefined).toBe(n <= max);
      }),
      { numRuns: 20 },
    );
  });

  test('markdown blocks share 12,000 characters', () => {
    const markdown = (length: number) => ({ type: 'markdown', text: 'x'.repeat(length) });
    expect(checkBlocks([markdown(6000), markdown(6000)])).toBeUndefined();
    expect(checkBlocks([markdown(6000), markdown(6001)])).toEqual({
      ok: false,
      error: 'msg_blocks_too_long',
    });
  });

  test('two blocks of one block_id, two buttons of one action_id, unknown types and wrong texts are named', () => {
    const refused = (blocks: unknown) => checkBlocks(blocks)?.response_metadata?.messages[0];
    const twice = { type: 'divider', block_id: 'a' };
    expect(refused([twice, twice])).toBe(
      '[ERROR] block_id "a" already exists [json-pointer:/blocks/1/block_id]',
    );
    expect(refused([actions([button({ action_id: 'a' }), button({ action_id: 'a' })])])).toContain(
      '/elements/1/action_id',
    );
    expect(refused([{ type: 'constructor' }])).toContain('unsupported type');
    expect(refused([{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }])).toContain(
      'must be plain_text',
    );
    expect(refused([{ type: 'section', text: plain(0) }])).toContain('must be more than 0 characters');
    expect(refused([{ type: 'section' }])).toContain('missing required field: text');
    expect(refused([actions([button({ style: 'green' })])])).toContain('/style');
    expect(refused([actions([])])).toContain('at least 1 item');
  });

  test('whatever is not a list of blocks is a format error, never a crash', () => {
    expect(checkBlocks({})).toEqual({ ok: false, error: 'invalid_blocks_format' });
    fc.assert(
      fc.property(fc.array(fc.anything()), (blocks) => {
        const refusal = checkBlocks(blocks);
        expect(refusal === undefined || refusal.error === 'invalid_blocks').toBe(true);
      }),
    );
  });
});
