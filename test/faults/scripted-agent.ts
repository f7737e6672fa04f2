import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type AgentEvent, TURN_UNKNOWN } from '../../src/contract/events.ts';
import { type Invocation, invocationSchema } from '../../src/contract/invocation.ts';

/** What the agent was made to do for one question. */
export interface AgentRecord {
  readonly canary: string;
  readonly turns: Set<string>;
  /** Whole answers of the runs that came to their end. */
  readonly answers: string[];
  /** Everything that any run has said, for judging an answer that was given up. */
  readonly said: Set<Run>;
  starts: number;
  /** A start for a turn that the agent knew already; its first run was followed instead. */
  startedAgain: number;
  writes: number;
  /** Another question of the same lane was still being answered when this one was begun. */
  overlaps: number;
}

interface Run {
  readonly turnId: string;
  readonly sessionId: string;
  readonly events: AgentEvent[];
  text: string;
  finished: boolean;
  lost: boolean;
  wake: PromiseWithResolvers<void>;
}

export interface ScriptedAgent {
  readonly url: string;
  readonly records: ReadonlyMap<string, AgentRecord>;
  /** Whoever asks from now on hears nothing before `moment`, and what he asked for begins to count then. */
  waitFor(moment: Promise<void>): void;
  /** All microVMs are lost: runs stop where they are and nobody remembers them. */
  loseEverything(): void;
  close(): Promise<void>;
}

type WithoutSeq<T> = T extends unknown ? Omit<T, 'seq'> : never;

/** `ask <canary> <plain | read | write> <ms of silence> <words> <ms a word>` */
/** A question that this agent understands. */
export function scriptedPrompt(ask: {
  readonly canary: string;
  readonly kind: 'plain' | 'read' | 'write';
  readonly silentMs: number;
  readonly words: number;
  readonly wordMs: number;
}): string {
  return `ask ${ask.canary} ${ask.kind} ${ask.silentMs} ${ask.words} ${ask.wordMs}`;
}

const PROMPT = /^ask (\S+) (plain|read|write) (\d+) (\d+) (\d+)$/;

/**
 * An agent that speaks the contract as agent-runtime does: start, attach with replay, `turn_unknown`, one run a session,
 * and a second start of a turn it knows follows the first run. It counts what it is asked for and what it changes.
 */
export async function createScriptedAgent(): Promise<ScriptedAgent> {
  const records = new Map<string, AgentRecord>();
  const runs = new Map<string, Run>();
  let begins: Promise<void> = Promise.resolve();

  function recordOf(canary: string): AgentRecord {
    const record = records.get(canary) ?? {
      canary,
      turns: new Set(),
      answers: [],
      said: new Set(),
      starts: 0,
      startedAgain: 0,
      writes: 0,
      overlaps: 0,
    };
    records.set(canary, record);
    return record;
  }

  async function work(run: Run, prompt: string): Promise<void> {
    const [, canary = 'nothing', kind, silentMs, words, wordMs] = PROMPT.exec(prompt) ?? [];
    const record = recordOf(canary);
    record.turns.add(run.turnId);
    record.said.add(run);
    record.starts += 1;
    const number = record.starts;
    const publish = (event: WithoutSeq<AgentEvent>) => {
      if (run.lost) return;
      run.events.push({ ...event, seq: run.events.length + 1 } as AgentEvent);
      if (event.type === 'text') run.text += event.text;
      run.wake.resolve();
      run.wake = Promise.withResolvers();
    };
    await begins;
    await wait(Number(silentMs));
    publish({ type: 'text', text: `${canary} run${number}` });
    const toolAt = kind === 'plain' ? -1 : Math.floor(Number(words) / 2);
    for (let word = 0; word < Number(words) && !run.lost; word += 1) {
      await wait(Number(wordMs));
      if (word === toolAt) {
        const effect = kind === 'write' ? 'write' : 'read';
        const tool = { type: 'tool', id: 'step', name: 'change', title: 'A step', effect } as const;
        publish({ ...tool, state: 'started' });
        await wait(20);
        if (run.lost) return;
        if (kind === 'write') record.writes += 1;
        publish({ ...tool, state: 'finished' });
      }
      publish({ type: 'text', text: ` word${word}` });
    }
    if (run.lost) return;
    publish({ type: 'text', text: ` end${number}` });
    record.answers.push(run.text);
    publish({ type: 'end', stop: 'end' });
    run.finished = true;
  }

  function open(invocation: Invocation): Run | string {
    const { turnId, session, mode, prompt } = invocation;
    const known = runs.get(turnId);
    if (mode === 'attach') return known ?? TURN_UNKNOWN;
    if (known) {
      recordOf(PROMPT.exec(prompt)?.[1] ?? 'nothing').startedAgain += 1;
      return known;
    }
    if ([...runs.values()].some((run) => run.sessionId === session.id && !run.finished)) {
      recordOf(PROMPT.exec(prompt)?.[1] ?? 'nothing').overlaps += 1;
      return 'session_busy';
    }
    const run: Run = {
      turnId,
      sessionId: session.id,
      events: [],
      text: '',
      finished: false,
      lost: false,
      wake: Promise.withResolvers(),
    };
    runs.set(turnId, run);
    void work(run, prompt);
    return run;
  }

  async function invoke(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const invocation = invocationSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const send = (event: AgentEvent) => response.write(`data: ${JSON.stringify(event)}\n\n`);
    const run = open(invocation);
    if (typeof run === 'string') {
      send({ type: 'error', seq: 1, code: run, message: run, retryable: run !== TURN_UNKNOWN });
      send({ type: 'end', seq: 2, stop: 'end' });
      response.end();
      return;
    }
    let sent = invocation.afterSeq ?? 0;
    while (!response.destroyed) {
      const { wake, lost } = run;
      if (lost) return void response.destroy();
      for (const event of run.events.slice(sent)) send(event);
      sent = Math.max(sent, run.events.length);
      if (run.events.at(-1)?.type === 'end') return void response.end();
      await wake.promise;
    }
  }

  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"status":"Healthy"}');
      return;
    }
    invoke(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  function loseEverything(): void {
    for (const run of runs.values()) {
      run.lost ||= !run.finished;
      run.wake.resolve();
    }
    runs.clear();
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    waitFor(moment) {
      begins = moment;
    },
    loseEverything,
    async close() {
      loseEverything();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
