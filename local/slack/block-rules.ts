import { type Refusal, refuse } from './model.ts';

/** Limits of Block Kit. Source: docs.slack.dev, reference of each block and element. Lengths in characters. */
export const BLOCK_LIMITS = {
  blocks: 50,
  sectionText: 3000,
  sectionFields: 10,
  fieldText: 2000,
  headerText: 150,
  markdownTotal: 12_000,
  contextElements: 10,
  actionsElements: 25,
  buttonText: 75,
  buttonValue: 2000,
  buttonUrl: 3000,
  identifier: 255,
  tableRows: 100,
  tableColumns: 20,
  altText: 2000,
  accessibilityLabel: 75,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  overflowOptions: 5,
  tickOptions: 10,
  selectOptions: 100,
  optionText: 75,
  optionValue: 150,
  placeholder: 150,
  inputLength: 3000,
} as const;

const KNOWN_BLOCKS = new Set([
  'actions',
  'alert',
  'card',
  'carousel',
  'container',
  'context',
  'context_actions',
  'data_table',
  'divider',
  'file',
  'header',
  'image',
  'input',
  'markdown',
  'plan',
  'rich_text',
  'section',
  'table',
  'task_card',
  'video',
]);

type Node = Record<string, unknown>;
type Report = (what: string, pointer: string) => void;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkText(node: unknown, max: number, pointer: string, report: Report, plainOnly = false): void {
  const { type, text } = isNode(node) ? node : {};
  if (type !== 'plain_text' && (plainOnly || type !== 'mrkdwn')) {
    report(plainOnly ? 'must be plain_text' : 'must be plain_text or mrkdwn', `${pointer}/type`);
  } else if (typeof text !== 'string' || text.length < 1) {
    report('must be more than 0 characters', `${pointer}/text`);
  } else if (text.length > max) {
    report(`must be less than ${max + 1} characters`, `${pointer}/text`);
  }
}

function checkLength(value: unknown, max: number, pointer: string, report: Report): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || value.length > max)
    report(`must be less than ${max + 1} characters`, pointer);
}

function checkConfirm(node: unknown, pointer: string, report: Report): void {
  if (node === undefined) return;
  const { title, text, confirm, deny } = isNode(node) ? node : {};
  checkText(title, BLOCK_LIMITS.confirmTitle, `${pointer}/title`, report, true);
  checkText(text, BLOCK_LIMITS.confirmText, `${pointer}/text`, report);
  checkText(confirm, BLOCK_LIMITS.confirmButton, `${pointer}/confirm`, report, true);
  checkText(deny, BLOCK_LIMITS.confirmButton, `${pointer}/deny`, report, true);
}

/** How many options each of these may have, and whether their texts are plain. */
const OPTION_LIMITS: Readonly<Record<string, readonly [most: number, plainOnly: boolean]>> = {
  overflow: [BLOCK_LIMITS.overflowOptions, true],
  checkboxes: [BLOCK_LIMITS.tickOptions, false],
  radio_buttons: [BLOCK_LIMITS.tickOptions, false],
  static_select: [BLOCK_LIMITS.selectOptions, true],
  multi_static_select: [BLOCK_LIMITS.selectOptions, true],
};

function checkOptions(node: Node, pointer: string, report: Report): void {
  const [most, plainOnly] = OPTION_LIMITS[String(node.type)] ?? [];
  if (most === undefined || node.option_groups !== undefined) return;
  const values: unknown[] = [];
  checkList(node.options, most, `${pointer}/options`, report, (option, at) => {
    const { text, value } = isNode(option) ? option : {};
    checkText(text, BLOCK_LIMITS.optionText, `${at}/text`, report, plainOnly);
    if (typeof value !== 'string' || value === '') report('missing required field: value', at);
    checkLength(value, BLOCK_LIMITS.optionValue, `${at}/value`, report);
    values.push(value);
  });
  const initial = isNode(node.initial_option) ? node.initial_option.value : undefined;
  if (initial !== undefined && !values.includes(initial))
    report('initial option must be one of the options', `${pointer}/initial_option`);
}

function checkElement(node: unknown, pointer: string, report: Report): void {
  if (!isNode(node) || typeof node.type !== 'string') {
    report('must be an element with a type', pointer);
    return;
  }
  checkLength(node.action_id, BLOCK_LIMITS.identifier, `${pointer}/action_id`, report);
  checkLength(
    node.accessibility_label,
    BLOCK_LIMITS.accessibilityLabel,
    `${pointer}/accessibility_label`,
    report,
  );
  checkConfirm(node.confirm, `${pointer}/confirm`, report);
  checkOptions(node, pointer, report);
  if (node.placeholder !== undefined)
    checkText(node.placeholder, BLOCK_LIMITS.placeholder, `${pointer}/placeholder`, report, true);
  if (node.type === 'plain_text_input') {
    const { initial_value: initial, max_length: most = BLOCK_LIMITS.inputLength } = node;
    if (typeof most !== 'number' || most < 1 || most > BLOCK_LIMITS.inputLength)
      report(`must be from 1 to ${BLOCK_LIMITS.inputLength}`, `${pointer}/max_length`);
    else checkLength(initial, most, `${pointer}/initial_value`, report);
  }
  if (node.type !== 'button') return;
  checkText(node.text, BLOCK_LIMITS.buttonText, `${pointer}/text`, report, true);
  checkLength(node.value, BLOCK_LIMITS.buttonValue, `${pointer}/value`, report);
  checkLength(node.url, BLOCK_LIMITS.buttonUrl, `${pointer}/url`, report);
  if (node.style !== undefined && node.style !== 'primary' && node.style !== 'danger') {
    report('must be a valid enum value', `${pointer}/style`);
  }
}

function checkList(
  value: unknown,
  max: number,
  pointer: string,
  report: Report,
  each: (item: unknown, at: string) => void,
): void {
  if (!Array.isArray(value) || value.length === 0) report('must have at least 1 item', pointer);
  else if (value.length > max) report(`no more than ${max} items allowed`, pointer);
  else for (const [index, item] of value.entries()) each(item, `${pointer}/${index}`);
}

function checkActions(elements: unknown, pointer: string, report: Report): void {
  const seen = new Set<string>();
  checkList(elements, BLOCK_LIMITS.actionsElements, pointer, report, (item, at) => {
    checkElement(item, at, report);
    const id = isNode(item) ? item.action_id : undefined;
    if (typeof id !== 'string') return;
    if (seen.has(id)) report(`action_id "${id}" already exists`, `${at}/action_id`);
    seen.add(id);
  });
}

type Check = (block: Node, pointer: string, report: Report) => void;

/** What is checked beyond type and block_id. Blocks that are not listed are taken as they are. */
const CHECKS: Readonly<Record<string, Check>> = {
  section(block, pointer, report) {
    if (block.text === undefined && block.fields === undefined)
      report('missing required field: text', pointer);
    if (block.text !== undefined) checkText(block.text, BLOCK_LIMITS.sectionText, `${pointer}/text`, report);
    if (block.fields !== undefined) {
      checkList(block.fields, BLOCK_LIMITS.sectionFields, `${pointer}/fields`, report, (item, at) =>
        checkText(item, BLOCK_LIMITS.fieldText, at, report),
      );
    }
    if (block.accessory !== undefined) checkElement(block.accessory, `${pointer}/accessory`, report);
  },
  header(block, pointer, report) {
    checkText(block.text, BLOCK_LIMITS.headerText, `${pointer}/text`, report, true);
  },
  context(block, pointer, report) {
    checkList(block.elements, BLOCK_LIMITS.contextElements, `${pointer}/elements`, report, (item, at) => {
      if (!isNode(item) || item.type !== 'image') checkText(item, BLOCK_LIMITS.sectionText, at, report);
    });
  },
  actions(block, pointer, report) {
    checkActions(block.elements, `${pointer}/elements`, report);
  },
  markdown(block, pointer, report) {
    if (typeof block.text !== 'string' || block.text === '') report('missing required field: text', pointer);
  },
  image(block, pointer, report) {
    if (typeof block.alt_text !== 'string') report('missing required field: alt_text', pointer);
    checkLength(block.alt_text, BLOCK_LIMITS.altText, `${pointer}/alt_text`, report);
  },
  table(block, pointer, report) {
    checkList(block.rows, BLOCK_LIMITS.tableRows, `${pointer}/rows`, report, (row, at) =>
      checkList(row, BLOCK_LIMITS.tableColumns, at, report, (cell, cellAt) => {
        if (!isNode(cell) || typeof cell.type !== 'string') report('must be a table cell', cellAt);
      }),
    );
  },
  task_card(block, pointer, report) {
    for (const field of ['task_id', 'title']) {
      if (typeof block[field] !== 'string' || block[field] === '')
        report(`missing required field: ${field}`, pointer);
    }
    if (!['pending', 'in_progress', 'complete', 'error'].includes(String(block.status))) {
      report('must be a valid enum value', `${pointer}/status`);
    }
  },
  input(block, pointer, report) {
    checkText(block.label, BLOCK_LIMITS.fieldText, `${pointer}/label`, report, true);
    checkElement(block.element, `${pointer}/element`, report);
  },
  rich_text(block, pointer, report) {
    if (!Array.isArray(block.elements)) report('missing required field: elements', pointer);
  },
};

/**
 * Checks blocks as Slack does before it stores them. Returns the refusal (`invalid_blocks_format`, `invalid_blocks`,
 * `msg_blocks_too_long`) or undefined. `at` is where the blocks sit in the arguments.
 */
export function checkBlocks(
  blocks: unknown,
  at = '/blocks',
  most: number = BLOCK_LIMITS.blocks,
): Refusal | undefined {
  if (!Array.isArray(blocks)) return refuse('invalid_blocks_format');
  const messages: string[] = [];
  const report: Report = (what, pointer) => messages.push(`[ERROR] ${what} [json-pointer:${pointer}]`);
  if (blocks.length > most) report(`no more than ${most} items allowed`, at);
  const seen = new Set<string>();
  let markdown = 0;
  for (const [index, block] of blocks.entries()) {
    const pointer = `${at}/${index}`;
    if (!isNode(block) || typeof block.type !== 'string') {
      report('must be a block with a type', pointer);
      continue;
    }
    if (!KNOWN_BLOCKS.has(block.type)) {
      report(`unsupported type: ${block.type}`, `${pointer}/type`);
      continue;
    }
    checkLength(block.block_id, BLOCK_LIMITS.identifier, `${pointer}/block_id`, report);
    if (typeof block.block_id === 'string') {
      if (seen.has(block.block_id))
        report(`block_id "${block.block_id}" already exists`, `${pointer}/block_id`);
      seen.add(block.block_id);
    }
    if (block.type === 'markdown' && typeof block.text === 'string') markdown += block.text.length;
    CHECKS[block.type]?.(block, pointer, report);
  }
  if (messages.length > 0) return refuse('invalid_blocks', ...messages);
  return markdown > BLOCK_LIMITS.markdownTotal ? refuse('msg_blocks_too_long') : undefined;
}
