import { nameBlocks } from './block-ids.ts';
import { isRefusal, readContent, TEXT_LIMITS } from './content-rules.ts';
import { findLiveMentions } from './live-mentions.ts';
import type { Channel, Message, User } from './model.ts';
import type { Posting } from './posting.ts';
import { TEAM } from './seed.ts';
import type { State } from './state.ts';

/** Source: docs.slack.dev, "Handling user interaction": a response URL serves five times within 30 minutes. */
const USES = 5;
const LIFETIME_MS = 30 * 60_000;

interface Target {
  readonly channel: Channel;
  readonly user: User;
  /** The message on which the person acted. */
  readonly source: Message | undefined;
  readonly createdAt: number;
  uses: number;
}

export interface ResponseUrls {
  issue(channel: Channel, user: User, source?: Message): string;
  /** What the app sent there. Returns the HTTP status and body that Slack would answer. */
  respond(id: string, body: Record<string, unknown>): { readonly status: number; readonly body: string };
  /** The immediate answer to a command: written like a response, but it does not count as one. */
  answer(url: string, body: string): void;
}

export function createResponseUrls(deps: {
  state: State;
  posting: Posting;
  now: () => number;
  baseUrl: () => string;
}): ResponseUrls {
  const { state, posting, now, baseUrl } = deps;
  const targets = new Map<string, Target>();

  function write(target: Target, body: Record<string, unknown>): string | undefined {
    const { source, channel, user } = target;
    if (body.delete_original === true) {
      if (source !== undefined) state.remove(source);
      return undefined;
    }
    const content = readContent(body, TEXT_LIMITS.postText);
    if (isRefusal(content)) return content.error;
    if (body.replace_original === true && source !== undefined) {
      source.text = content.text;
      source.blocks = nameBlocks(content.blocks, state.nextId);
      source.live = findLiveMentions(source.text, source.blocks);
      state.changed(source);
      return undefined;
    }
    posting.addBotMessage({
      channel: channel.id,
      content,
      threadTs: typeof body.thread_ts === 'string' ? body.thread_ts : source?.threadTs,
      ephemeralFor: body.response_type === 'in_channel' ? undefined : user.id,
    });
    return undefined;
  }

  const no = (status: number, error: string) => ({ status, body: JSON.stringify({ ok: false, error }) });

  return {
    issue(channel, user, source) {
      const id = state.nextId('R');
      targets.set(id, { channel, user, source, createdAt: now(), uses: 0 });
      return `${baseUrl()}/response/${TEAM.id}/${id}`;
    },
    respond(id, body) {
      const target = targets.get(id);
      if (target === undefined) return no(404, 'invalid_url');
      if (now() - target.createdAt > LIFETIME_MS) return no(404, 'expired_url');
      if (target.uses >= USES) return no(404, 'used_url');
      target.uses += 1;
      const error = write(target, body);
      return error === undefined ? { status: 200, body: '{"ok":true}' } : no(400, error);
    },
    answer(url, body) {
      const target = targets.get(url.split('/').at(-1) ?? '');
      if (target !== undefined && body !== '') write(target, readBody(body));
    },
  };
}

/** The immediate answer to a command: JSON, or plain text that is shown as it is. */
function readBody(body: string): Record<string, unknown> {
  if (!body.startsWith('{')) return { text: body };
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    // Slack shows what it cannot parse as text.
    return { text: body };
  }
}
