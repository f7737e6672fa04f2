import { Agent, request } from 'node:http';
import { composerBlocks } from '../../local/slack/present.ts';
import { APP } from '../../local/slack/seed.ts';
import { signedHeaders } from '../../local/slack/signing.ts';

/** A mention of the bot as Slack's Events API delivers it, from any workspace. */
export interface Mention {
  readonly team: string;
  readonly channel: string;
  readonly user: string;
  /** Of the message; unique in its channel. */
  readonly ts: string;
  readonly threadTs?: string | undefined;
  /** What follows the mention. */
  readonly words: string;
  readonly eventId: string;
}

export function mentionEvent(mention: Mention): string {
  const { team, channel, user, ts, threadTs, eventId } = mention;
  const text = `<@${APP.botUserId}> ${mention.words}`;
  return JSON.stringify({
    token: 'bench-verification-token',
    team_id: team,
    context_team_id: team,
    context_enterprise_id: null,
    api_app_id: APP.id,
    event: {
      user,
      type: 'app_mention',
      ts,
      client_msg_id: `client-${eventId}`,
      text,
      team,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs, parent_user_id: user }),
      blocks: composerBlocks(text),
      channel,
      event_ts: ts,
    },
    type: 'event_callback',
    event_id: eventId,
    event_time: Math.floor(Number(ts)),
    authorizations: [
      {
        enterprise_id: null,
        team_id: team,
        user_id: APP.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: `4-${eventId}`,
  });
}

/** Timestamps of messages as Slack gives them: seconds with six digits, each later than the one before. */
export function createClock(startMs: number): () => string {
  let micros = Math.floor(startMs) * 1000;
  return () => {
    micros += 100;
    return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
  };
}

/** Signs events and posts them to a bot over kept connections. */
export function createEventSender(to: { readonly eventsUrl: string; readonly signingSecret: string }) {
  const agent = new Agent({ keepAlive: true });
  return {
    /** Resolves with the HTTP status. `retry`: the same event once more, as after a lost acknowledgement. */
    send(body: string, retry = false): Promise<number> {
      return new Promise((resolve, reject) => {
        const post = request(to.eventsUrl, {
          agent,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            ...signedHeaders(to.signingSecret, body, Date.now()),
            ...(retry ? { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' } : {}),
          },
        });
        post.on('error', reject);
        post.on('response', (response) => {
          response.resume();
          response.on('error', reject);
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        post.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}
