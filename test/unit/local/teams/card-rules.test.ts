import { expect, test } from 'vitest';
import { assertCards, assertPressAnswer } from '../../../../local/teams/card-rules.ts';

const CARD = 'application/vnd.microsoft.card.adaptive';
const good = {
  type: 'AdaptiveCard',
  version: '1.5',
  body: [
    { type: 'TextBlock', text: 'Conversations' },
    {
      type: 'Table',
      rows: [{ type: 'TableRow', cells: [{ type: 'TableCell', items: [{ type: 'TextBlock', text: '' }] }] }],
    },
    { type: 'Container', items: [{ type: 'Input.Text', id: 'name', label: 'Name' }] },
  ],
  actions: [{ type: 'Action.Execute', title: 'Save', verb: 'save' }],
};
const attached = (content: object) => ({ attachments: [{ contentType: CARD, content }] });

test('a card of version 1.5 with texts, fields and buttons is shown', () => {
  expect(() => assertCards(attached(good))).not.toThrow();
  expect(() => assertCards({ text: 'no card' })).not.toThrow();
});

test.each<[string, object]>([
  ['a later version', { version: '1.6' }],
  ['a text without text', { body: [{ type: 'TextBlock' }] }],
  ['a field without a label', { body: [{ type: 'Input.Text', id: 'name' }] }],
  ['two fields of one name', { body: [...good.body, { type: 'Input.Text', id: 'name', label: 'x' }] }],
  ['an element that Teams does not know', { body: [{ type: 'Video' }] }],
  ['a button that does nothing', { actions: [{ type: 'Action.Execute', title: 'Save' }] }],
  ['more buttons than fit', { actions: Array.from({ length: 7 }, () => good.actions[0]) }],
  [
    'a refresh for too many',
    {
      refresh: {
        action: { type: 'Action.Execute', verb: 'x' },
        userIds: Array.from({ length: 61 }, String),
      },
    },
  ],
])('%s is refused', (_name, fields) => {
  expect(() => assertCards(attached({ ...good, ...fields }))).toThrow('cannot be shown');
});

const message = 'application/vnd.microsoft.activity.message';
const error = 'application/vnd.microsoft.error';
test.each<[string, object, boolean]>([
  ['a card', { statusCode: 200, type: CARD, value: good }, true],
  ['words', { statusCode: 200, type: message, value: 'Stopping.' }, true],
  ['an error', { statusCode: 500, type: error, value: { code: 'InternalServerError', message: 'x' } }, true],
  [
    'an error that is called a success',
    { statusCode: 200, type: error, value: { code: 'x', message: 'x' } },
    false,
  ],
  ['no words', { statusCode: 200, type: message, value: '' }, false],
  ['something else', { ok: true }, false],
])('an answer to a press: %s', (_name, answer, understood) => {
  const judge = () => assertPressAnswer(JSON.stringify(answer));
  if (understood) expect(judge).not.toThrow();
  else expect(judge).toThrow('does not understand');
});
