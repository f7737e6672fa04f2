import type { InboundMessage } from './vocabulary.ts';

/** A list from the configuration: any, or these only. An empty list admits nobody. */
export interface Allowlist {
  readonly any: boolean;
  readonly ids: ReadonlySet<string>;
}

export interface AdmissionRules {
  readonly tenants: Allowlist;
  /** Channels and groups. Direct messages have no channel to list: tenant and person decide. */
  readonly conversations: Allowlist;
  readonly people: Allowlist;
  /** Also people of other tenants, in conversations shared with them. */
  readonly externals?: boolean;
}

export type Admission =
  | 'admitted'
  | 'tenant_not_allowed'
  | 'external_person'
  | 'conversation_not_allowed'
  | 'person_not_allowed';

/** Whether this person may use the bot in this place. Pure; decided before anything else is done for the sender. */
export function admit(
  message: Pick<InboundMessage, 'key' | 'kind' | 'sender'>,
  rules: AdmissionRules,
): Admission {
  if (!allows(rules.tenants, message.key.tenant)) return 'tenant_not_allowed';
  if (!rules.externals && message.sender.tenant !== message.key.tenant) return 'external_person';
  if (message.kind !== 'direct' && !allows(rules.conversations, message.key.conversation)) {
    return 'conversation_not_allowed';
  }
  return allows(rules.people, message.sender.id) ? 'admitted' : 'person_not_allowed';
}

function allows(list: Allowlist, id: string): boolean {
  return list.any || list.ids.has(id);
}
