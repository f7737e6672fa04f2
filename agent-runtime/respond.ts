import { type AgentEvent, TURN_UNKNOWN } from '../src/contract/events.ts';
import type { AnswerQuestion } from './agent/answer.ts';
import type { Caller } from './caller.ts';
import { type Reading, type Refusal, refusal, type TurnId } from './invocations.ts';
import type { RunLog, Runs } from './runs/registry.ts';
import type { Run } from './runs/run.ts';

/** One frame as `BedrockAgentCoreApp` sends it: `data: <event as JSON>`. Without data it sends nothing. */
export interface Frame {
  readonly data: AgentEvent | undefined;
}

export interface Respond {
  /** Answers as a stream of contract events. Closing the stream never stops the run. Only who begins it is its caller. */
  stream(reading: Reading, caller: Caller): AsyncGenerator<Frame, void, undefined>;
  /** Answers a bare prompt as one object. @throws AnswerError with a text for the caller when the turn failed. */
  plain(reading: Reading, caller: Caller): Promise<{ readonly response: string }>;
}

/** The agent could not answer; `message` is fit for the caller. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

export function createRespond(deps: {
  readonly runs: Runs;
  readonly answer: AnswerQuestion;
  readonly log: RunLog;
}): Respond {
  const begin = (
    turn: TurnId,
    reading: Extract<Reading, { kind: 'start' | 'ask' }>,
    caller: Caller,
  ): Run | Refusal => {
    const started = deps.runs.start(turn, deps.answer(reading.question, caller));
    if (started.kind === 'busy') {
      return refusal(
        'session_busy',
        'This session is still at work on another question. Please wait.',
        409,
        true,
      );
    }
    if (started.kind === 'known') {
      deps.log.warn(turn, 'a turn was started a second time; its first run is followed instead');
    }
    return started.run;
  };

  const open = (reading: Reading, caller: Caller): { run: Run; afterSeq: number } | Refusal => {
    switch (reading.kind) {
      case 'refused':
        return reading;
      case 'attach': {
        const run = deps.runs.find(reading.turn);
        if (!run) return refusal(TURN_UNKNOWN, 'This process does not know the turn.', 404);
        return { run, afterSeq: reading.afterSeq };
      }
      case 'start':
      case 'ask': {
        const run = begin(reading.turn, reading, caller);
        return 'kind' in run ? run : { run, afterSeq: 0 };
      }
    }
  };

  return {
    async *stream(reading, caller) {
      // The headers go out with the first frame: an empty one tells who attaches at once that it is connected,
      // however long the next event may take.
      yield { data: undefined };
      const opened = open(reading, caller);
      if ('kind' in opened) {
        for (const event of refusalEvents(opened)) yield { data: event };
        return;
      }
      for await (const event of opened.run.follow(opened.afterSeq)) yield { data: event };
    },

    async plain(reading, caller) {
      const opened = open(reading, caller);
      if ('kind' in opened) throw new AnswerError(opened.message);
      let response = '';
      for await (const event of opened.run.follow(opened.afterSeq)) {
        if (event.type === 'text') response += event.text;
        if (event.type === 'error') throw new AnswerError(event.message);
      }
      return { response };
    },
  };
}

/** A refusal in the words of the contract: what is wrong, then the end. */
export function refusalEvents(refused: Refusal): readonly [AgentEvent, AgentEvent] {
  const { code, message, retryable } = refused;
  return [
    { type: 'error', seq: 1, code, message, retryable },
    { type: 'end', seq: 2, stop: 'end' },
  ];
}
