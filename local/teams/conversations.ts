import { assertCards } from './card-rules.ts';
import { checkContent, withoutPictures } from './content-rules.ts';
import {
  type Conversation,
  conversationOf,
  type Json,
  type Message,
  type Person,
  personOf,
  Refused,
} from './model.ts';
import { createStreams, streamInfoOf } from './streams.ts';

/** About 28 KB of everything that is no picture. Source: Teams, "Format your bot messages". */
const MESSAGE_LIMIT = 28 * 1024;
const THREAD = /;messageid=(\d+)$/;

const textOf = ({ text }: Json): string => (typeof text === 'string' ? text : '');

export interface Done {
  readonly status: number;
  readonly body: Json;
}

export type Conversations = ReturnType<typeof createConversations>;

/** What stands in the chats and channels of a tenant, and what the bot may do there. */
export function createConversations(
  now: () => number,
  streamsAllowed: () => boolean,
  {
    streamLifeMs,
    messageLimit = MESSAGE_LIMIT,
  }: { readonly streamLifeMs?: number; readonly messageLimit?: number } = {},
) {
  const messages: Message[] = [];
  const streams = createStreams(now, streamsAllowed, streamLifeMs);
  let lastId = 0;

  /** Ids are times, as in Teams; no two are the same. */
  const nextId = (): string => {
    lastId = Math.max(lastId + 1, now());
    return String(lastId);
  };

  function find(conversationId: string): { conversation: Conversation; root: string } {
    const base = conversationId.replace(THREAD, '');
    const conversation = conversationOf(base);
    if (!conversation) throw new Refused(404, 'ConversationNotFound', 'Conversation not found.');
    const root = THREAD.exec(conversationId)?.[1] ?? '';
    const known = root === '' || messages.some(({ id, conversation: c }) => id === root && c === base);
    if (!known) throw new Refused(404, 'ConversationNotFound', 'There is no such thread.');
    return { conversation, root };
  }

  function checkActivity(activity: Json): void {
    if (Buffer.byteLength(JSON.stringify(withoutPictures(activity))) > messageLimit)
      throw new Refused(413, 'MessageSizeTooBig', 'Message size too large.');
    checkContent(activity);
  }

  function add(
    conversation: Conversation,
    root: string,
    from: Message['from'],
    activity: Json,
    streaming: boolean,
  ): Message {
    const id = nextId();
    const message: Message = {
      id,
      conversation: conversation.id,
      root: conversation.type === 'channel' ? root || id : '',
      from,
      activity,
      text: textOf(activity),
      edits: 0,
      deleted: false,
      streaming,
    };
    messages.push(message);
    return message;
  }

  function own(conversationId: string, id: string): Message {
    const { conversation } = find(conversationId);
    const message = messages.find((one) => one.id === id && one.conversation === conversation.id);
    if (!message || message.deleted)
      throw new Refused(404, 'ActivityNotFoundInConversation', 'The activity is not there.');
    if (message.from !== 'bot') throw new Refused(403, 'Forbidden', 'The message is not of this bot.');
    return message;
  }

  function stream(
    conversation: Conversation,
    root: string,
    activity: Json,
    info: NonNullable<ReturnType<typeof streamInfoOf>>,
  ): Done {
    // Decided before anything is added: what is refused leaves no message.
    const begins = info.streamId === undefined;
    const id = begins ? nextId() : (info.streamId ?? '');
    const { text, started, ended } = streams.take(activity, info, conversation, id);
    if (started) {
      messages.push({
        id,
        conversation: conversation.id,
        root,
        from: 'bot',
        activity,
        text: text ?? '',
        edits: 0,
        deleted: false,
        streaming: true,
      });
      return { status: 201, body: { id } };
    }
    const message = messages.find((one) => one.id === id);
    if (text === undefined)
      return {
        status: 202,
        body: {
          code: 'ContentStreamSequenceOrderPreConditionFailed',
          message: 'PreCondition failed exception when processing streaming activity.',
        },
      };
    if (message) Object.assign(message, { activity, text, ...(ended ? { streaming: false } : {}) });
    return { status: 202, body: {} };
  }

  return {
    messages,
    /** The bot posts. Throws Refused. */
    post(conversationId: string, activity: Json): Done {
      const { conversation, root } = find(conversationId);
      checkActivity(activity);
      const info = streamInfoOf(activity);
      if (info) return stream(conversation, root, activity, info);
      if (activity.type === 'typing') return { status: 202, body: { id: nextId() } };
      if (activity.type !== 'message') throw new Refused(400, 'BadSyntax', 'Unknown activity type.');
      assertCards(activity);
      if (!activity.text && !activity.attachments)
        throw new Refused(400, 'BadSyntax', 'Activity has neither text nor attachments.');
      return { status: 201, body: { id: add(conversation, root, 'bot', activity, false).id } };
    },
    update(conversationId: string, id: string, activity: Json): Done {
      checkActivity(activity);
      const message = own(conversationId, id);
      streams.assertReplaceable(id);
      assertCards(activity);
      Object.assign(message, {
        activity,
        text: textOf(activity),
        edits: message.edits + 1,
        streaming: false,
      });
      return { status: 200, body: { id } };
    },
    remove(conversationId: string, id: string): Done {
      own(conversationId, id).deleted = true;
      return { status: 200, body: {} };
    },
    /** Who somebody is. */
    member(conversationId: string, account: string): Done {
      const { conversation } = find(conversationId);
      const person = personOf(account);
      const here = conversation.type !== 'personal' || conversation.name === person?.name;
      if (!person || !here)
        throw new Refused(404, 'MemberNotFoundInConversation', 'The member is not there.');
      const { id, displayName, aadObjectId, tenantId, guest, name } = person;
      const email = `${name}@example.com`;
      return {
        status: 200,
        body: {
          id,
          name: displayName,
          aadObjectId,
          objectId: aadObjectId,
          tenantId,
          email,
          userPrincipalName: guest ? `${name}_example.org#EXT#@example.com` : email,
          userRole: guest ? 'guest' : 'user',
        },
      };
    },
    /** The personal chat with somebody. */
    open(body: Json): Done {
      const members = Array.isArray(body.members) ? (body.members as Json[]) : [];
      const [person] = members.flatMap(({ id }) => personOf(String(id)) ?? []);
      const chat = person && conversationOf(person.name);
      if (!person || !chat || members.length !== 1)
        throw new Refused(403, 'ForbiddenOperationException', 'The bot is not installed for this person.');
      return { status: 201, body: { id: chat.id } };
    },
    /** A person writes; `root` names the thread. */
    write(person: Person, conversation: Conversation, text: string, root: string): Message {
      return add(conversation, root, person, { type: 'message', text }, false);
    },
    /** A person presses Stop below what is being streamed. False: nothing is. */
    stop(id: string): boolean {
      const stopped = streams.cancel(id);
      const message = messages.find((one) => one.id === id);
      if (stopped && message) message.streaming = false;
      return stopped;
    },
    endStreams: () => streams.expire(),
    clear(): void {
      messages.length = 0;
      streams.clear();
    },
  };
}
