import { z } from 'zod';
import { failureOfAnswer, TeamsCallFailed, teamsFailure } from './failures.ts';
import { isAllowedServiceUrl } from './service-url.ts';
import type { TokenSource } from './token-source.ts';

export type OutgoingActivity = Readonly<Record<string, unknown>>;

export interface ConnectorDeps {
  /** Undefined: nothing is signed (a laptop). */
  readonly token: TokenSource | undefined;
  readonly serviceUrlHosts: ReadonlySet<string>;
  readonly allowLoopback: boolean;
  /** For one exchange. */
  readonly timeoutMs: number;
  readonly observe: (method: string, outcome: string) => void;
}

/** Where a call goes. */
export interface CallPlace {
  readonly serviceUrl: string;
  /** As Teams writes it, with its thread. */
  readonly conversation: string;
}

const resourceSchema = z.object({ id: z.string().min(1) });

export type Connector = ReturnType<typeof createConnector>;

/**
 * The Bot Connector's REST calls, each sent exactly once. botbuilder's own client repeats what may have been carried
 * out, and strips what it does not know from entities, which is all of `streaminfo`. Source: Bot Framework REST API,
 * "Conversation operations". Every method throws TeamsCallFailed.
 */
export function createConnector(deps: ConnectorDeps) {
  async function exchange(
    name: string,
    method: string,
    serviceUrl: string,
    path: string,
    body?: unknown,
    /** A token that Teams did not take for this call. */
    refused?: string,
  ): Promise<string> {
    if (!isAllowedServiceUrl(serviceUrl, deps.serviceUrlHosts, deps.allowLoopback))
      throw new TeamsCallFailed(name, { kind: 'refused', code: 'service_url_not_allowed' });
    const token = await deps.token?.(refused).catch((error: unknown) => {
      throw new TeamsCallFailed(name, { kind: 'not_sent', reason: 'no_token' }, { cause: error });
    });
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(`${serviceUrl.replace(/\/+$/, '')}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          'user-agent': 'threadcore',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body, wellFormed) }),
        // Our token goes to the host that was checked, and to no other.
        redirect: 'manual',
        signal: AbortSignal.timeout(deps.timeoutMs),
      });
      text = await answer.text();
    } catch (error) {
      throw new TeamsCallFailed(name, lostCall(error), { cause: error });
    }
    if (answer.ok) return text;
    // Taken back before its time. Not carried out: once more, with another one.
    if (answer.status === 401 && token !== undefined && refused === undefined)
      return exchange(name, method, serviceUrl, path, body, token);
    throw new TeamsCallFailed(name, failureOfAnswer(answer.status, text, answer.headers));
  }

  async function call(...args: Parameters<typeof exchange>): Promise<string> {
    try {
      const text = await exchange(...args);
      deps.observe(args[0], 'ok');
      return text;
    } catch (error) {
      deps.observe(args[0], teamsFailure(error)?.kind ?? 'error');
      throw error;
    }
  }

  const idOf = (text: string) => resourceSchema.safeParse(readJson(text)).data?.id;
  const activitiesOf = ({ conversation }: CallPlace) =>
    `/v3/conversations/${encodeURIComponent(conversation)}/activities`;

  return {
    /** Posts, and answers the new activity's id; undefined where it was carried out, and Teams names none. */
    async send(place: CallPlace, activity: OutgoingActivity): Promise<string | undefined> {
      return idOf(await call('send', 'POST', place.serviceUrl, activitiesOf(place), activity));
    },
    /** Posts what gets no id of its own: a typing sign, more of a stream, its end. */
    async signal(place: CallPlace, activity: OutgoingActivity): Promise<void> {
      await call('signal', 'POST', place.serviceUrl, activitiesOf(place), activity);
    },
    async update(place: CallPlace, id: string, activity: OutgoingActivity): Promise<void> {
      const path = `${activitiesOf(place)}/${encodeURIComponent(id)}`;
      await call('update', 'PUT', place.serviceUrl, path, { ...activity, id });
    },
    async remove(place: CallPlace, id: string): Promise<void> {
      await call('delete', 'DELETE', place.serviceUrl, `${activitiesOf(place)}/${encodeURIComponent(id)}`);
    },
    /** What Teams tells of a member of a conversation. */
    async member(place: CallPlace, account: string): Promise<unknown> {
      const path = `/v3/conversations/${encodeURIComponent(place.conversation)}/members/${encodeURIComponent(account)}`;
      return readJson(await call('member', 'GET', place.serviceUrl, path));
    },
    /** The personal chat with somebody, begun where there is none. Answers its conversation id. */
    async openChat(serviceUrl: string, chat: OutgoingActivity): Promise<string> {
      const id = idOf(await call('open_chat', 'POST', serviceUrl, '/v3/conversations', chat));
      if (id === undefined) throw new TeamsCallFailed('open_chat', { kind: 'unknown', reason: 'no_id' });
      return id;
    },
  };
}

/** Refused connections and unknown hosts: not a byte was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function lostCall(error: unknown): { kind: 'not_sent' | 'unknown'; reason: string } {
  const code = (error as { cause?: { code?: unknown } } | undefined)?.cause?.code;
  return NEVER_SENT.has(String(code))
    ? { kind: 'not_sent', reason: 'no_connection' }
    : { kind: 'unknown', reason: 'no_answer' };
}

/** Half a character would make a body that strict readers refuse as a whole. */
const wellFormed = (_name: string, value: unknown) =>
  typeof value === 'string' ? value.toWellFormed() : value;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The caller sees that there is no id in it.
    return undefined;
  }
}
