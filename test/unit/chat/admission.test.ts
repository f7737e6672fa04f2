import { expect, test } from 'vitest';
import { type Admission, type AdmissionRules, type Allowlist, admit } from '../../../src/chat/admission.ts';
import type { ConversationKind, InboundMessage } from '../../../src/chat/vocabulary.ts';

const any: Allowlist = { any: true, ids: new Set() };
const none: Allowlist = { any: false, ids: new Set() };
const only = (...ids: string[]): Allowlist => ({ any: false, ids: new Set(ids) });

const message = (kind: ConversationKind = 'channel', senderTenant = 'T1'): InboundMessage => ({
  key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.1' },
  kind,
  sender: { id: 'U1', tenant: senderTenant },
  text: 'hello',
  messageId: '1.1',
  addressed: true,
  files: [],
  claims: [],
});
const open: AdmissionRules = { tenants: any, conversations: any, people: any };

test.each<[string, InboundMessage, AdmissionRules, Admission]>([
  ['everything open', message(), open, 'admitted'],
  [
    'everything listed',
    message(),
    { tenants: only('T1'), conversations: only('C1'), people: only('U1') },
    'admitted',
  ],
  ['an empty list of tenants', message(), { ...open, tenants: none }, 'tenant_not_allowed'],
  ['another tenant listed', message(), { ...open, tenants: only('T2') }, 'tenant_not_allowed'],
  ['a sender of another tenant, though any tenant may', message('channel', 'T2'), open, 'external_person'],
  ['a sender of another tenant in a direct message', message('direct', 'T2'), open, 'external_person'],
  [
    'a sender of another listed tenant',
    message('channel', 'T2'),
    { ...open, tenants: only('T1', 'T2') },
    'external_person',
  ],
  ['an empty list of channels', message(), { ...open, conversations: none }, 'conversation_not_allowed'],
  [
    'an empty list of channels, in a group',
    message('group'),
    { ...open, conversations: none },
    'conversation_not_allowed',
  ],
  ['another channel listed', message(), { ...open, conversations: only('C2') }, 'conversation_not_allowed'],
  ['no channel listed, in a direct message', message('direct'), { ...open, conversations: none }, 'admitted'],
  ['an empty list of people', message(), { ...open, people: none }, 'person_not_allowed'],
  [
    'an empty list of people, in a direct message',
    message('direct'),
    { ...open, people: none },
    'person_not_allowed',
  ],
  ['another person listed', message(), { ...open, people: only('U2') }, 'person_not_allowed'],
  ['everything empty', message(), { tenants: none, conversations: none, people: none }, 'tenant_not_allowed'],
])('with %s: the answer is decided', (_name, inbound, rules, expected) => {
  expect(admit(inbound, rules)).toBe(expected);
});

test('ids are compared whole and with their case', () => {
  expect(admit(message(), { ...open, people: only('u1') })).toBe('person_not_allowed');
  expect(admit(message(), { ...open, people: only('U') })).toBe('person_not_allowed');
});
