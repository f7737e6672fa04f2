import type { Channel } from './model.ts';
import type { State } from './state.ts';

/** Any one of the listed scopes is enough; none listed = every valid token may call. Source: docs.slack.dev, each method's page. */
const SCOPES_OF_METHOD: Readonly<Record<string, readonly string[]>> = {
  'agents.sessions.rename': ['assistant:write', 'chat:write'],
  'agents.sessions.setStatus': ['assistant:write', 'chat:write'],
  'assistant.threads.setStatus': ['chat:write', 'assistant:write'],
  'assistant.threads.setSuggestedPrompts': ['assistant:write', 'chat:write'],
  'assistant.threads.setTitle': ['assistant:write', 'chat:write'],
  'bots.info': ['users:read'],
  'chat.appendStream': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.startStream': ['chat:write'],
  'chat.stopStream': ['chat:write'],
  'chat.update': ['chat:write'],
  'files.completeUploadExternal': ['files:write'],
  'files.delete': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'files.info': ['files:read'],
  'reactions.add': ['reactions:write'],
  'reactions.get': ['reactions:read'],
  'reactions.remove': ['reactions:write'],
  'team.info': ['team:read'],
  'users.info': ['users:read'],
  'users.list': ['users:read'],
};

const KINDS: Readonly<Record<Channel['kind'], string>> = {
  channel: 'channels',
  group: 'groups',
  im: 'im',
  mpim: 'mpim',
};
const KIND_OF_TYPE: Readonly<Record<string, Channel['kind']>> = {
  public_channel: 'channel',
  private_channel: 'group',
  im: 'im',
  mpim: 'mpim',
};
/** `conversations.*` need a scope for the kind of conversation that they are about. */
const PER_KIND: Readonly<Record<string, 'history' | 'read'>> = {
  'conversations.history': 'history',
  'conversations.replies': 'history',
  'conversations.info': 'read',
  'conversations.members': 'read',
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export interface Scopes {
  /** Comma-separated, as in `x-oauth-scopes`. */
  readonly granted: string;
  has(scope: string): boolean;
  /** The scopes that would do for this call, comma-separated; undefined when it needs none. */
  accepted(method: string, args: Readonly<Record<string, unknown>>): string | undefined;
  /** What a refusal would name as `needed`, or undefined when the call may go on. */
  missing(method: string, args: Readonly<Record<string, unknown>>): string | undefined;
}

/** `granted`: the scopes that the app was installed with; `all` = whatever any method needs. */
export function createScopes(granted: readonly string[] | 'all', state: State): Scopes {
  const set = new Set(granted === 'all' ? [] : granted);

  function anyOf(method: string, args: Readonly<Record<string, unknown>>): readonly string[] {
    const right = PER_KIND[method];
    if (right !== undefined) {
      const channel = state.channel(textOf(args.channel));
      const kinds = channel === undefined ? Object.values(KINDS) : [KINDS[channel.kind]];
      return kinds.map((kind) => `${kind}:${right}`);
    }
    if (method === 'conversations.open')
      return [textOf(args.users).includes(',') ? 'mpim:write' : 'im:write'];
    return SCOPES_OF_METHOD[method] ?? [];
  }

  /** `conversations.list` needs one scope for each kind that is asked for. */
  function allOf(method: string, args: Readonly<Record<string, unknown>>): readonly string[] {
    if (method !== 'conversations.list') return [];
    const types = (textOf(args.types) || 'public_channel').split(',');
    return types.flatMap((type) => {
      const kind = KIND_OF_TYPE[type.trim()];
      return kind === undefined ? [] : [`${KINDS[kind]}:read`];
    });
  }

  return {
    granted: granted === 'all' ? allScopes().join(',') : granted.join(','),
    has: (scope) => granted === 'all' || set.has(scope),
    accepted(method, args) {
      const scopes = [...anyOf(method, args), ...allOf(method, args)];
      return scopes.length === 0 ? undefined : scopes.join(',');
    },
    missing(method, args) {
      if (granted === 'all') return undefined;
      const lacking = allOf(method, args).find((scope) => !set.has(scope));
      if (lacking !== undefined) return lacking;
      const any = anyOf(method, args);
      return any.length === 0 || any.some((scope) => set.has(scope)) ? undefined : any[0];
    },
  };
}

/** Those that no method asks for. */
const UNNAMED = ['im:write', 'mpim:write', 'commands', 'app_mentions:read', 'users:read.email'];

function allScopes(): string[] {
  const kinds = Object.values(KINDS).flatMap((kind) => [`${kind}:read`, `${kind}:history`]);
  const named = Object.values(SCOPES_OF_METHOD).flat();
  return [...new Set([...named, ...kinds, ...UNNAMED])].sort();
}
