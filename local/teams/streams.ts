import { type ConversationType, type Json, Refused } from './model.ts';

/**
 * What Teams holds a streamed message to. Source: Teams, "Stream bot messages", sections on the REST API, on stopping,
 * and on error codes.
 */
const LIFE_MS = 120_000;
const PACE_MS = 1_000;
const INFORMATIVE_LIMIT = 1_000;

export interface StreamInfo {
  readonly streamId: string | undefined;
  readonly streamType: string;
  readonly streamSequence: unknown;
}

interface Stream {
  readonly conversation: string;
  readonly startedAt: number;
  lastAt: number;
  sequence: number;
  /** What was streamed of the answer, informative words apart. */
  text: string;
  state: 'open' | 'ended' | 'cancelled' | 'timed_out';
}

export interface Streamed {
  /** Of a stream that has just begun. */
  readonly started?: true;
  readonly ended?: true;
  /** What the message shows now; undefined for what came too late to count. */
  readonly text: string | undefined;
}

const notAllowed = (message: string) => new Refused(403, 'ContentStreamNotAllowed', message);
const badRequest = (message: string) => new Refused(400, 'BadRequest', message);

/** The stream that an activity belongs to; undefined for an ordinary one. */
export function streamInfoOf(activity: Json): StreamInfo | undefined {
  const entities = Array.isArray(activity.entities) ? (activity.entities as Json[]) : [];
  const entity = entities.find(({ type }) => String(type).toLowerCase() === 'streaminfo');
  if (!entity) return undefined;
  return {
    streamId: typeof entity.streamId === 'string' ? entity.streamId : undefined,
    streamType: typeof entity.streamType === 'string' ? entity.streamType : 'streaming',
    streamSequence: entity.streamSequence,
  };
}

/** `lifeMs`: two minutes, unless somebody cannot wait for that. */
export function createStreams(now: () => number, allowed: () => boolean, lifeMs = LIFE_MS) {
  const streams = new Map<string, Stream>();

  /** Throws unless the stream takes more. */
  function open(id: string, conversation: string): Stream {
    const stream = streams.get(id);
    if (stream?.conversation !== conversation) throw badRequest('There is no such stream');
    if (stream.state === 'open' && now() - stream.startedAt > lifeMs) stream.state = 'timed_out';
    if (stream.state === 'cancelled') throw notAllowed('Content stream was cancelled by user.');
    if (stream.state === 'timed_out')
      throw notAllowed('Content stream finished due to exceeded streaming time.');
    if (stream.state === 'ended')
      throw notAllowed('Content stream is not allowed on an already completed streamed message');
    return stream;
  }

  function pace(stream: Stream): void {
    if (now() - stream.lastAt < PACE_MS)
      throw new Refused(429, 'TooManyRequests', 'API calls quota exceeded', 1);
    stream.lastAt = now();
  }

  function grow(stream: Stream, text: string): void {
    if (!text.startsWith(stream.text))
      throw notAllowed('Request streamed content should contain the previously streamed content.');
    stream.text = text;
  }

  return {
    /** `newId`: the id of a stream that begins. Throws Refused. */
    take(
      activity: Json,
      info: StreamInfo,
      where: { id: string; type: ConversationType },
      newId: string,
    ): Streamed {
      const text = typeof activity.text === 'string' ? activity.text : '';
      if (where.type !== 'personal' || !allowed()) throw notAllowed('Content stream is not allowed');
      if (info.streamType === 'final') {
        if (activity.type !== 'message') throw badRequest('The final activity of a stream is a message');
        if (info.streamSequence !== undefined)
          throw badRequest('streamSequence must not be set for the final message');
        if (info.streamId === undefined) throw badRequest('streamId is missing');
        const stream = open(info.streamId, where.id);
        if (text === '' && !activity.attachments)
          throw badRequest('The final message needs text or attachments');
        grow(stream, text);
        stream.state = 'ended';
        return { ended: true, text };
      }
      if (activity.type !== 'typing') throw badRequest('Streaming activities are of type typing');
      if (text === '') throw badRequest('Start streaming activities should include text');
      if (activity.attachments) throw badRequest('Attachments are for the final message only');
      const informative = info.streamType === 'informative';
      if (informative && text.length > INFORMATIVE_LIMIT)
        throw badRequest('Informative messages have 1,000 characters at most');
      const { streamSequence: sequence, streamId } = info;
      if (typeof sequence !== 'number' || !Number.isInteger(sequence) || sequence < 1)
        throw badRequest('streamSequence must be a positive whole number');
      if (streamId === undefined) {
        if (sequence !== 1) throw badRequest('streamSequence begins with 1');
        const at = now();
        streams.set(newId, {
          conversation: where.id,
          startedAt: at,
          lastAt: at,
          sequence,
          text: informative ? '' : text,
          state: 'open',
        });
        return { started: true, text };
      }
      const stream = open(streamId, where.id);
      if (sequence <= stream.sequence) return { text: undefined };
      pace(stream);
      if (informative && stream.text !== '') throw badRequest('Informative messages come before the answer');
      if (!informative) grow(stream, text);
      stream.sequence = sequence;
      return { text };
    },

    /** Throws unless a whole message may take the stream's place. */
    assertReplaceable(id: string): void {
      const stream = streams.get(id);
      if (!stream) return;
      if (stream.state === 'open' && now() - stream.startedAt > lifeMs) stream.state = 'timed_out';
      if (stream.state === 'cancelled') throw notAllowed('Content stream was cancelled by user.');
      if (stream.state === 'open') throw badRequest('The message is still being streamed');
    },

    /** A person presses Stop. False: nothing is streamed there. */
    cancel(id: string): boolean {
      const stream = streams.get(id);
      if (stream?.state !== 'open') return false;
      stream.state = 'cancelled';
      return true;
    },

    /** Ends all running streams for their age. */
    expire(): void {
      for (const stream of streams.values()) if (stream.state === 'open') stream.state = 'timed_out';
    },
    clear: () => streams.clear(),
  };
}
