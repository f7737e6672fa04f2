import type { Urgency } from '../store/call-pacing.ts';
import { ReplyRefused } from '../turns/reply.ts';
import type { PostedPart } from '../turns/turn.ts';
import type { OutgoingActivity } from './connector.ts';
import { TOO_BIG } from './failures.ts';
import { isBlank, messageOf, type PartView, streamChunk, streamEnd, wordsOf } from './render.ts';
import { MessageGone, NoAnswer, NotNow, StreamEnded, type ThreadWriter } from './thread-writer.ts';

/** A stream is ended before Teams ends it, which it does two minutes after the start. */
const STREAM_LIFE_MS = 105_000;
/** Teams takes one a second, and recommends to gather words for a little longer. */
const STREAM_PACE_MS = 1_200;
const EDIT_PACE_MS = { first: 2_000, last: 5_000, slowsFrom: 20_000, slowestFrom: 90_000 } as const;
/** A stream that a lost worker has left, with other words than ours, ends by itself. */
const STREAM_ENDS_WITHIN_MS = 150_000;
const LOOK_AGAIN_MS = 5_000;
const WITHDRAWN = '_This part was replaced._';

export interface ReplyMessageDeps {
  readonly writer: ThreadWriter;
  readonly turnId: string;
  /** Whether a stream may be begun here; asked each time. */
  readonly mayStream: () => boolean;
  /** There is no streaming here, for whatever reason. */
  readonly onNoStreams: () => void;
  /** The person has pressed Stop. */
  readonly onCancelled: () => void;
  /** Something was not shown as it was meant to be. */
  readonly onRefused: (error: unknown) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * streaming  a stream that takes what is new
 * editing    an ordinary message that is replaced as a whole
 * sealed     it stays as it is: the person has stopped it, or Teams has told no name for it
 */
type Mode = 'unposted' | 'streaming' | 'editing' | 'sealed';

export type ReplyMessage = ReturnType<typeof createReplyMessage>;

/**
 * One message of a reply. `sync` brings it to the wanted look with at most one write, and throws `NotNow` where that has
 * to wait; `close` makes it final. `known`: what an earlier worker has posted.
 */
export function createReplyMessage(deps: ReplyMessageDeps, known: PostedPart | undefined) {
  const { writer, turnId, now } = deps;
  let mode: Mode = known ? 'editing' : 'unposted';
  let id = known?.id;
  /** Left open by a worker that was lost: what it shows is not known. */
  let leftOpen = known?.streaming ?? false;
  let begunAt = now();
  let sequence = 0;
  /** What the stream shows, or may show. */
  let streamed = '';
  let sent = '';
  let edited = '';
  let closedAs = '';
  /** Its message did not take what it was to show: nothing more is tried before the end. */
  let stuck = false;
  /** Teams has taken its look in words only. */
  let plain = false;
  /** Looks that were sent without an answer, and when: each may still come back over a newer one. */
  const unanswered = new Map<string, number>();

  /** Sends a look as it is meant to be, and where Teams does not take it so, in words. */
  async function inAnyWay<T>(
    part: PartView,
    urgency: Urgency,
    send: (message: OutgoingActivity) => Promise<T>,
  ): Promise<T> {
    if (plain && urgency === 'progress') return send(wordsOf(part));
    try {
      return await send(messageOf(part, turnId));
    } catch (error) {
      const ofItsLook = error instanceof ReplyRefused && !(error instanceof MessageGone);
      // Without their pictures, answers are put together anew.
      if (!ofItsLook || part.pictures) throw error;
      const taken = await send(wordsOf(part));
      deps.onRefused(error);
      plain = true;
      return taken;
    }
  }

  async function post(part: PartView, urgency: Urgency): Promise<void> {
    const send = (message: OutgoingActivity) =>
      writer.post(message, urgency).catch((error: unknown) => {
        // There is nothing yet that could be gone, or over.
        throw isRefusal(error) ? new ReplyRefused(reasonOf(error)) : error;
      });
    id = await inAnyWay(part, urgency, send);
    begunAt = now();
    edited = JSON.stringify(messageOf(part, turnId));
    if (id !== undefined) mode = 'editing';
    else if (urgency === 'final') mode = 'sealed';
    else stuck = true;
  }

  async function begin(part: PartView): Promise<void> {
    // Teams counts from its start, not from its answer.
    begunAt = now();
    sequence = 1;
    try {
      id = await writer.post(streamChunk(part, { id: undefined, sequence }), 'progress');
    } catch (error) {
      if (!isRefusal(error)) throw error;
      deps.onNoStreams();
      if (!isBlank(part)) await post(part, 'progress');
      return;
    }
    if (id === undefined) {
      // Nobody can go on with it: Teams ends it by itself.
      stuck = true;
      return;
    }
    mode = 'streaming';
    noteStreamed(part);
  }

  function noteStreamed(part: PartView): void {
    streamed = part.text;
    sent = JSON.stringify(streamChunk(part, { id: undefined, sequence: 0 }));
  }

  /** Whatever ended the stream: how the message goes on. */
  function over(error: unknown): void {
    if (!(error instanceof StreamEnded)) throw error;
    if (error.why === 'cancelled') {
      mode = 'sealed';
      deps.onCancelled();
      return;
    }
    if (error.why === 'not_allowed') deps.onNoStreams();
    mode = 'editing';
  }

  async function append(part: PartView): Promise<void> {
    if (!part.text.startsWith(streamed)) return replace(part, 'progress');
    if (now() - begunAt >= STREAM_LIFE_MS) return end(part, 'progress');
    if (JSON.stringify(streamChunk(part, { id: undefined, sequence: 0 })) === sent) return;
    sequence += 1;
    const chunk = streamChunk(part, { id, sequence });
    const shown = streamed;
    try {
      // Also when no answer comes: what may be shown must stay the beginning of what follows.
      noteStreamed(part);
      await writer.chunk(chunk);
    } catch (error) {
      // They are not there for certain: to be said again, also when nothing is added to them.
      if (error instanceof NotNow) sent = '';
      if (isRefusal(error)) streamed = shown;
      over(error);
      if (mode === 'editing') await edit(part, 'progress');
    }
  }

  const finalOf = (message: OutgoingActivity) => streamEnd(message, id ?? '');

  /** Ends the stream with this look. */
  async function end(part: PartView, urgency: Urgency): Promise<void> {
    if (!part.text.startsWith(streamed)) return replace(part, urgency);
    try {
      await inAnyWay(part, urgency, (message) => writer.end(finalOf(message), urgency));
      mode = 'editing';
      edited = JSON.stringify(messageOf(part, turnId));
    } catch (error) {
      over(error);
      if (mode === 'editing') await edit(part, urgency);
    }
  }

  /** The answer began anew: the stream is ended with what it shows, and the message replaced. */
  async function replace(part: PartView, urgency: Urgency): Promise<void> {
    const shown: PartView = { text: streamed, status: '', tasks: [] };
    try {
      await writer.end(finalOf(messageOf(shown, turnId)), urgency);
      mode = 'editing';
    } catch (error) {
      if (error instanceof ReplyRefused) mode = 'editing';
      else over(error);
    }
    if (mode === 'editing') await edit(part, urgency);
  }

  async function edit(part: PartView, urgency: Urgency): Promise<void> {
    const wanted = JSON.stringify(messageOf(part, turnId));
    if (wanted === edited) return;
    const noteUnanswered = () => void unanswered.set(wanted, now());
    try {
      await inAnyWay(part, urgency, (message) => writer.update(id ?? '', message, urgency, noteUnanswered));
      edited = wanted;
    } catch (error) {
      if (!(error instanceof StreamEnded) || error.why !== 'cancelled') throw error;
      over(error);
    }
  }

  /** On the way to the end, what cannot be shown is left out. */
  async function tentatively(write: () => Promise<void>): Promise<void> {
    if (stuck) return;
    try {
      await write();
    } catch (error) {
      // It may stand there several times already, under names that nobody knows.
      if (error instanceof NoAnswer && id === undefined) stuck = true;
      if (!isRefusal(error)) throw error;
      deps.onRefused(error);
      stuck = true;
    }
  }

  /** What is final is shown in another message where this one does not take it. Answers whether it is. */
  async function insist(part: PartView, write: () => Promise<void>): Promise<boolean> {
    let anew = false;
    try {
      await write();
    } catch (error) {
      const ofItsLook = error instanceof ReplyRefused && !(error instanceof MessageGone);
      const inOtherParts = ofItsLook && (part.pictures || error.reason === TOO_BIG);
      if (id === undefined || !isRefusal(error) || inOtherParts) throw error;
      deps.onRefused(error);
      await withdraw();
      id = undefined;
      leftOpen = false;
      mode = 'unposted';
      await post(part, 'final');
      anew = true;
    }
    stuck = false;
    return anew;
  }

  /** Answers whether the message is away. */
  async function withdraw(): Promise<boolean> {
    try {
      await writer.remove(id ?? '');
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return error instanceof MessageGone;
    }
    return true;
  }

  /**
   * A lost worker's stream: `part` ends it if it goes on with what stands there. If not, Teams ends it after two minutes,
   * and only then can the message be replaced.
   */
  async function settle(part: PartView): Promise<void> {
    const until = now() + STREAM_ENDS_WITHIN_MS;
    for (;;) {
      try {
        await inAnyWay(part, 'final', (message) => writer.end(finalOf(message), 'final'));
        edited = JSON.stringify(messageOf(part, turnId));
      } catch (error) {
        if (!(error instanceof StreamEnded)) throw error;
        if (error.why === 'changed' && now() < until) {
          await writer.pause(LOOK_AGAIN_MS);
          continue;
        }
        over(error);
      }
      leftOpen = false;
      if (mode === 'editing') await edit(part, 'final');
      return;
    }
  }

  return {
    posted: (): PostedPart | undefined =>
      id === undefined ? undefined : { id, streaming: mode === 'streaming' || leftOpen },
    isOpen: () => id !== undefined,
    isClosedAs: (part: PartView) => closedAs === JSON.stringify(part),
    /** How long to leave it alone after a write. Milliseconds. */
    paceMs: () => (mode === 'streaming' ? STREAM_PACE_MS : editPaceMs(now() - begunAt)),
    /** Until its stream has to be ended; undefined without a stream. Milliseconds. */
    streamLeftMs: () =>
      mode === 'streaming' && !stuck ? Math.max(0, begunAt + STREAM_LIFE_MS - now()) : undefined,
    async sync(part: PartView): Promise<void> {
      if (leftOpen || mode === 'sealed') return;
      closedAs = '';
      await tentatively(async () => {
        if (mode === 'streaming') await append(part);
        else if (mode === 'editing') await edit(part, 'progress');
        else if (deps.mayStream()) await begin(part);
        else if (!isBlank(part)) await post(part, 'progress');
      });
    },
    /**
     * Makes it final. `urgency` final: the reply ends with it. Answers whether it stands in a new message now, below all
     * that stood there.
     */
    async close(part: PartView, urgency: Urgency): Promise<boolean> {
      if (leftOpen && urgency === 'progress') return false;
      const write = async () => {
        if (leftOpen) await settle(part);
        else if (mode === 'streaming') await end(part, urgency);
        else if (mode === 'editing') await edit(part, urgency);
        else if (mode === 'unposted') await post(part, urgency);
      };
      const anew = urgency === 'final' && (await insist(part, write));
      if (urgency === 'progress') await tentatively(write);
      closedAs = stuck ? '' : JSON.stringify(part);
      return anew;
    },
    /**
     * Ends a lost worker's stream with this look, if no words stand there that it does not begin with. Answers whether it
     * did; what stands there otherwise stays.
     */
    async takes(part: PartView): Promise<boolean> {
      if (!leftOpen) return false;
      try {
        await inAnyWay(part, 'final', (message) => writer.end(finalOf(message), 'final'));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (error instanceof StreamEnded && error.why !== 'changed') over(error);
        return false;
      }
      leftOpen = false;
      edited = JSON.stringify(messageOf(part, turnId));
      closedAs = JSON.stringify(part);
      return true;
    },
    /** When an edit was left without an answer that another has overtaken since. Milliseconds. */
    overtakenAt: (): number | undefined => {
      const overtaken = [...unanswered].flatMap(([look, at]) => (look === edited ? [] : [at]));
      return mode !== 'editing' || overtaken.length === 0 ? undefined : Math.max(...overtaken);
    },
    /** Puts its last look in place again, if an earlier one may have come back. */
    async reassert(part: PartView): Promise<void> {
      if (this.overtakenAt() === undefined) return;
      edited = '';
      await insist(part, () => edit(part, 'final'));
      unanswered.clear();
    },
    /** Takes the message away: the reply has become shorter than what an earlier try had shown. */
    async remove(): Promise<void> {
      if (id === undefined || mode === 'sealed') return;
      if (!(await withdraw())) {
        // Where messages cannot be taken away, it says that it counts no more; if that is refused too, nobody can.
        const withdrawn: PartView = { text: WITHDRAWN, status: '', tasks: [] };
        await writer
          .update(id, wordsOf(withdrawn), 'final', () => undefined)
          .catch((error: unknown) => {
            if (!isRefusal(error)) throw error;
            deps.onRefused(error);
          });
      }
      id = undefined;
      leftOpen = false;
      mode = 'unposted';
      closedAs = '';
      edited = '';
    },
  };
}

/** Teams has said no, to the call or to a stream. */
const isRefusal = (error: unknown): error is ReplyRefused | StreamEnded =>
  error instanceof ReplyRefused || error instanceof StreamEnded;

const reasonOf = (error: ReplyRefused | StreamEnded): string =>
  error instanceof StreamEnded ? 'ContentStreamNotAllowed' : error.reason;

/** Between two edits of a message that has stood for `ageMs`: the longer it takes, the less a reader watches. */
function editPaceMs(ageMs: number): number {
  const { first, last, slowsFrom, slowestFrom } = EDIT_PACE_MS;
  const share = Math.min(1, Math.max(0, (ageMs - slowsFrom) / (slowestFrom - slowsFrom)));
  return Math.round(first + share * (last - first));
}
