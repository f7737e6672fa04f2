import { expect, test } from 'vitest';
import { noteworthy } from '../../../../local/laptop/backend.ts';

const entry = (fields: object) => JSON.stringify({ time: 'now', ...fields });

test.each([
  [entry({ level: 'info', msg: 'turn done' }), undefined],
  [entry({ level: 30, msg: 'turn done' }), undefined],
  [entry({ level: 'warn', msg: 'Slack is slow' }), 'warning: Slack is slow'],
  [entry({ level: 40, msg: 'Slack is slow' }), 'warning: Slack is slow'],
  [entry({ level: 50, msg: 'turn failed', err: { message: 'no route' } }), 'error: turn failed: no route'],
  [entry({ level: 'fatal' }), 'fatal: see the log'],
  ['SLACK_BOT_TOKEN is missing', 'SLACK_BOT_TOKEN is missing'],
  ['{"just": "json"}', '{"just": "json"}'],
  ['null', 'null'],
  ['   ', undefined],
])('of the line %s the terminal shows %s', (line, shown) => {
  expect(noteworthy(line)).toBe(shown);
});
