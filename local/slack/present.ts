import { unescapeText } from './live-mentions.ts';
import type { Block, Channel, Message, SharedFile, Stream, StreamTask, User } from './model.ts';
import { APP, OUTSIDE_TEAM, TEAM } from './seed.ts';
import { isStreaming, type State } from './state.ts';

/** How the stand-in's things look in Slack's JSON. */

function richText(text: string): Block {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] };
}

function taskCard(task: StreamTask): Block {
  return {
    type: 'task_card',
    task_id: task.id,
    title: task.title,
    status: task.status,
    ...(task.details === '' ? {} : { details: richText(task.details) }),
    ...(task.output === '' ? {} : { output: richText(task.output) }),
    ...(task.sources.length === 0 ? {} : { sources: task.sources }),
  };
}

/** The blocks of a streamed message: its parts in the order they arrived, then those given to `chat.stopStream`. */
export function streamBlocks(stream: Stream): Block[] {
  const cards = [...stream.tasks.values()].map(taskCard);
  const plan: Block[] =
    stream.display === 'plan' && (cards.length > 0 || stream.planTitle !== undefined)
      ? [{ type: 'plan', title: stream.planTitle ?? '', tasks: cards }]
      : [];
  const parts = stream.parts.flatMap((part): readonly Block[] => {
    if (part.kind === 'text') return [{ type: 'markdown', text: part.text }];
    if (part.kind === 'blocks') return part.blocks;
    const task = stream.tasks.get(part.id);
    return stream.display === 'timeline' && task !== undefined ? [taskCard(task)] : [];
  });
  return [...plan, ...parts, ...stream.finalBlocks];
}

export function streamText(stream: Stream): string {
  return stream.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('');
}

/** What the composer of a Slack client makes of typed text: one `rich_text` block. */
export function composerBlocks(text: string): Block[] {
  const elements: Block[] = [];
  let last = 0;
  const plain = (until: number): void => {
    if (until > last) elements.push({ type: 'text', text: unescapeText(text.slice(last, until)) });
  };
  for (const match of text.matchAll(/<([@#!]?)([^<>|]+)(?:\|[^<>]*)?>/g)) {
    const [whole, sigil = '', target = ''] = match;
    plain(match.index);
    last = match.index + whole.length;
    if (sigil === '@') elements.push({ type: 'user', user_id: target });
    else if (sigil === '#') elements.push({ type: 'channel', channel_id: target });
    else if (sigil === '!') elements.push({ type: 'broadcast', range: target });
    else elements.push({ type: 'link', url: unescapeText(target) });
  }
  plain(text.length);
  return [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }];
}

/** How Slack describes a file in messages; `shares` only where it is asked for. */
export function presentFile(file: SharedFile, baseUrl: string): Record<string, unknown> {
  const link = `${baseUrl}/files-pri/${TEAM.id}-${file.id}/${encodeURIComponent(file.name)}`;
  const extension = file.name.includes('.') ? (file.name.split('.').at(-1) ?? '').toLowerCase() : 'binary';
  return {
    id: file.id,
    created: file.createdAt,
    timestamp: file.createdAt,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: extension,
    pretty_type: extension.toUpperCase(),
    user: file.userId,
    size: file.size,
    mode: 'hosted',
    is_external: false,
    is_public: false,
    ...(file.altText === undefined ? {} : { alt_txt: file.altText }),
    url_private: link,
    url_private_download: link,
    permalink: `${baseUrl}/files/${file.userId}/${file.id}/${encodeURIComponent(file.name)}`,
  };
}

export interface Presenter {
  file(file: SharedFile): Record<string, unknown>;
  /** A message as the Web API and events carry it. */
  message(message: Message, options?: { readonly metadata?: boolean }): Record<string, unknown>;
  user(user: User): Record<string, unknown>;
  channel(channel: Channel): Record<string, unknown>;
}

export function createPresenter(deps: {
  state: State;
  now: () => number;
  baseUrl: () => string;
  /** The app has `users:read.email`. */
  showsEmail: boolean;
}): Presenter {
  const { state, now, baseUrl, showsEmail } = deps;

  function threadFields(message: Message): Record<string, unknown> {
    if (message.threadTs !== undefined) {
      return {
        thread_ts: message.threadTs,
        parent_user_id: state.message(message.channel, message.threadTs)?.user,
      };
    }
    const replies = state.thread(message.channel, message.ts).slice(1);
    if (replies.length === 0) return {};
    const people = [...new Set(replies.map((reply) => reply.user))];
    return {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users: people,
      reply_users_count: people.length,
      latest_reply: replies.at(-1)?.ts,
      is_locked: false,
      subscribed: false,
    };
  }

  return {
    file: (file) => presentFile(file, baseUrl()),
    message(message, options = {}) {
      const { stream } = message;
      const streaming = isStreaming(stream, now());
      return {
        type: 'message',
        ...(message.files.length > 0 ? { subtype: 'file_share' } : {}),
        user: message.user,
        ts: message.ts,
        ...(message.clientMsgId === undefined ? {} : { client_msg_id: message.clientMsgId }),
        ...(message.botId === undefined
          ? {}
          : {
              bot_id: message.botId,
              app_id: APP.id,
              bot_profile: {
                id: message.botId,
                app_id: APP.id,
                name: 'Cloud Engineer',
                team_id: TEAM.id,
                deleted: false,
              },
            }),
        text: message.text,
        team: state.user(message.user)?.teamId ?? TEAM.id,
        blocks: message.blocks,
        ...(message.files.length > 0
          ? {
              files: message.files.map((file) =>
                state.files.has(file.id) ? presentFile(file, baseUrl()) : { id: file.id, mode: 'tombstone' },
              ),
            }
          : {}),
        ...(message.edited === undefined ? {} : { edited: message.edited }),
        ...(stream === undefined ? {} : { streaming_state: streaming ? 'in_progress' : 'completed' }),
        ...(message.reactions.size === 0
          ? {}
          : {
              reactions: [...message.reactions].map(([name, users]) => ({
                name,
                users: [...users],
                count: users.size,
              })),
            }),
        ...(options.metadata === true && message.metadata !== undefined
          ? { metadata: message.metadata }
          : {}),
        ...threadFields(message),
      };
    },
    user: (user) => ({
      id: user.id,
      team_id: user.teamId,
      name: user.name,
      deleted: false,
      real_name: user.realName,
      tz: 'Europe/Berlin',
      tz_offset: 3600,
      profile: {
        real_name: user.realName,
        display_name: user.name,
        team: user.teamId,
        // Nobody sees the addresses of another workspace, and an app needs a scope of its own for those of its own.
        ...(user.isStranger || user.isBot || !showsEmail ? {} : { email: `${user.name}@example.com` }),
        ...(user.isBot ? { bot_id: APP.botId, api_app_id: APP.id } : {}),
      },
      is_admin: false,
      is_owner: false,
      is_primary_owner: false,
      is_restricted: user.isRestricted,
      is_ultra_restricted: user.isUltraRestricted,
      is_bot: user.isBot,
      is_app_user: false,
      is_stranger: user.isStranger,
      locale: user.locale,
      updated: 1_700_000_000,
    }),
    channel: (channel) => ({
      id: channel.id,
      ...(channel.kind === 'im'
        ? { user: [...channel.members].find((id) => id !== APP.botUserId), is_open: true }
        : { name: channel.name, name_normalized: channel.name, num_members: channel.members.size }),
      is_channel: channel.kind === 'channel',
      is_group: channel.kind === 'group',
      is_im: channel.kind === 'im',
      is_mpim: channel.kind === 'mpim',
      is_private: channel.kind !== 'channel',
      is_member: channel.members.has(APP.botUserId),
      is_archived: false,
      is_general: channel.name === 'general',
      is_shared: channel.isExternallyShared,
      is_ext_shared: channel.isExternallyShared,
      is_org_shared: false,
      context_team_id: TEAM.id,
      shared_team_ids: channel.isExternallyShared ? [TEAM.id, OUTSIDE_TEAM.id] : [TEAM.id],
      created: 1_700_000_000,
    }),
  };
}
