import { ValueType } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { maskForms } from './redact.ts';

/** A reading of the queue. */
export interface QueueDepth {
  /** Lanes with a question that waits for a worker. */
  readonly ready: number;
  /** Questions that wait, also behind another in the same lane. */
  readonly queued: number;
  /** Turns that run now, in all workers. */
  readonly running: number;
  /** An operator has paused intake. */
  readonly paused: boolean;
  /** Age of the longest waiting question in seconds; given always or never. */
  readonly oldestSeconds?: number;
}

/** What the process counts. Times are given in milliseconds and shown in seconds, as Prometheus wants them. */
export interface Metrics {
  /** A message was offered: `accepted`, `duplicate`, `full`, … */
  messageTaken(outcome: string): void;
  /** From the request to the acknowledgement. */
  acceptTook(ms: number): void;
  /** A request was turned away before it was read: no valid signature, too old, … */
  requestRefused(reason: string): void;
  /** A delivery that is no question to us: edits, bots, unknown events, people who may not ask, … */
  deliveryIgnored(reason: string): void;
  firstText(ms: number): void;
  turnEnded(end: string, ms: number): void;
  turnInterrupted(kind: string): void;
  /** A question was edited or deleted: what came of it. */
  questionChanged(change: string, outcome: string): void;
  /** What somebody thinks of an answer, said for the first time or changed. */
  feedback(value: string): void;
  /** A step of the handshake that links an account: `linked`, or why it came to nothing. */
  linkStep(outcome: string): void;
  placeRecalled(outcome: string): void;
  /** Access tokens got anew at Cognito. */
  tokenRefreshed(outcome: string): void;
  /** A policy minded a question or an answer, in a channel, group or direct message; in shadow mode nothing came of it, but of secrets. */
  guardrailIntervention(policy: string, direction: string, action: string, place: string, mode: string): void;
  /** A turn was `checked`, or a policy minded something in it: `intervened`. The share of these is what an alarm watches. */
  guardrailTurn(outcome: string, place: string, mode: string): void;
  auditEntry(outcome: string, type: string): void;
  /** An event was offered to AgentCore Memory: `written`, `failed`, `refused` or `given_up`. */
  memoryEvent(outcome: string): void;
  slackCall(method: string, outcome: string): void;
  teamsCall(method: string, outcome: string): void;
  /** A message in Teams may stand there twice: its first posting was left without an answer. */
  teamsPostInDoubt(): void;
  /** Calls that one turn needed of a part: slack, teams, redis, agent. */
  turnCalls(part: string, count: number): void;
  unknownAgentEvent(): void;
  /** Asked at each exposition. A reading that fails or takes over 2 s shows as NaN and is counted. */
  watchQueue(read: () => Promise<QueueDepth>): void;
  /** The text that `GET /metrics` answers, Prometheus exposition format 0.0.4. */
  expose(): Promise<string>;
  shutdown(): Promise<void>;
}

const QUEUE_READ_MS = 2000;
const SECONDS = { unit: 's', valueType: ValueType.DOUBLE };
const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SLOW = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
const CALLS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100];

export function createMetrics(): Metrics {
  // Only the reader of the exporter is used: the web role serves the text itself.
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const provider = new MeterProvider({ readers: [exporter] });
  const meter = provider.getMeter('threadcore');

  const counter = (name: string, description: string) => {
    const counted = meter.createCounter(`threadcore_${name}`, { description });
    return {
      add: (value: number, labels: Readonly<Record<string, string>> = {}) =>
        counted.add(value, maskLabels(labels)),
    };
  };
  const histogram = (name: string, description: string, boundaries: number[]) =>
    meter.createHistogram(`threadcore_${name}`, {
      description,
      ...SECONDS,
      advice: { explicitBucketBoundaries: boundaries },
    });

  const messages = counter('messages_total', 'Messages offered for a turn, by outcome');
  const refused = counter('requests_refused_total', 'Requests turned away before they were read, by reason');
  const ignored = counter('deliveries_ignored_total', 'Deliveries that ask nothing of the bot, by reason');
  const turns = counter('turns_total', 'Turns that ended, by end');
  const interruptions = counter(
    'turn_interruptions_total',
    'Exchanges with the agent that broke off, by kind',
  );
  const changes = counter(
    'question_changes_total',
    'Questions edited or deleted by their authors, by outcome',
  );
  const feedback = counter('feedback_total', 'What people think of answers, by value');
  const slackCalls = counter('slack_calls_total', 'Calls of the Slack Web API, by method and outcome');
  const teamsCalls = counter('teams_calls_total', 'Calls of the Bot Connector, by method and outcome');
  const teamsDoubts = counter(
    'teams_posts_in_doubt_total',
    'Messages in Teams that may stand there twice, because nobody knows whether they were posted',
  );
  const linkSteps = counter('link_steps_total', 'Steps of account links, by outcome');
  const refreshed = counter('token_refreshes_total', 'Access tokens got anew at Cognito, by outcome');
  const interventions = counter(
    'guardrail_interventions_total',
    'Questions and answers that a policy minded, by policy, direction, action, kind of conversation and mode',
  );
  const guardedTurns = counter(
    'guardrail_turns_total',
    'Turns that the guardrail checked, and those of them in which a policy minded something',
  );
  const memoryEvents = counter('memory_events_total', 'Events offered to AgentCore Memory, by outcome');
  const recalled = counter(
    'session_recalls_total',
    'Threads whose session was looked for in Memory because Redis does not know it, by outcome',
  );
  const auditEntries = counter('audit_entries_total', 'Entries for the audit log, by outcome and type');
  const unknown = counter('agent_unknown_events_total', 'Events of the agent that were not understood');
  const failedReadings = counter(
    'queue_reading_failures_total',
    'Times the queue could not be read for these metrics',
  );
  const accept = histogram('accept_duration_seconds', 'From a request to its acknowledgement', FAST);
  const firstText = histogram(
    'first_text_seconds',
    'From the receipt of a question to the first words',
    SLOW,
  );
  const duration = histogram(
    'turn_duration_seconds',
    'From the receipt of a question to the end of its turn',
    SLOW,
  );
  const calls = meter.createHistogram('threadcore_turn_calls', {
    description: 'Calls that one turn needed, by part',
    valueType: ValueType.INT,
    advice: { explicitBucketBoundaries: CALLS },
  });

  function watchQueue(read: () => Promise<QueueDepth>): void {
    const lanes = meter.createObservableGauge('threadcore_queue_ready_lanes', {
      description: 'Lanes with a question that waits for a worker',
    });
    const queued = meter.createObservableGauge('threadcore_turns_queued', {
      description: 'Questions that wait, also behind another in the same lane',
    });
    const running = meter.createObservableGauge('threadcore_turns_running', {
      description: 'Turns that run now, in all workers',
    });
    const paused = meter.createObservableGauge('threadcore_intake_paused', {
      description: '1 while an operator has paused intake',
    });
    const oldest = meter.createObservableGauge('threadcore_queue_oldest_seconds', {
      description: 'Age of the longest waiting question',
      ...SECONDS,
    });
    meter.addBatchObservableCallback(
      async (observe) => {
        const depth = await readWithin(read, QUEUE_READ_MS);
        if (depth === undefined) failedReadings.add(1);
        // Without a new observation the last one would stand for ever.
        observe.observe(lanes, depth?.ready ?? Number.NaN);
        observe.observe(queued, depth?.queued ?? Number.NaN);
        observe.observe(running, depth?.running ?? Number.NaN);
        observe.observe(paused, depth ? Number(depth.paused) : Number.NaN);
        if (depth?.oldestSeconds !== undefined) observe.observe(oldest, depth.oldestSeconds);
      },
      [lanes, queued, running, paused, oldest],
    );
  }

  return {
    messageTaken: (outcome) => messages.add(1, { outcome }),
    acceptTook: (ms) => accept.record(ms / 1000),
    requestRefused: (reason) => refused.add(1, { reason }),
    deliveryIgnored: (reason) => ignored.add(1, { reason }),
    firstText: (ms) => firstText.record(ms / 1000),
    turnEnded(end, ms) {
      turns.add(1, { end });
      duration.record(ms / 1000, { end });
    },
    turnInterrupted: (kind) => interruptions.add(1, { kind }),
    questionChanged: (change, outcome) => changes.add(1, { change, outcome }),
    feedback: (value) => feedback.add(1, { value }),
    linkStep: (outcome) => linkSteps.add(1, { outcome }),
    tokenRefreshed: (outcome) => refreshed.add(1, { outcome }),
    guardrailIntervention: (policy, direction, action, place, mode) =>
      interventions.add(1, { policy, direction, action, place, mode }),
    guardrailTurn: (outcome, place, mode) => guardedTurns.add(1, { outcome, place, mode }),
    placeRecalled: (outcome) => recalled.add(1, { outcome }),
    auditEntry: (outcome, type) => auditEntries.add(1, { outcome, type }),
    memoryEvent: (outcome) => memoryEvents.add(1, { outcome }),
    slackCall: (method, outcome) => slackCalls.add(1, { method, outcome }),
    teamsCall: (method, outcome) => teamsCalls.add(1, { method, outcome }),
    teamsPostInDoubt: () => teamsDoubts.add(1),
    turnCalls: (part, count) => calls.record(count, { part }),
    unknownAgentEvent: () => unknown.add(1),
    watchQueue,
    async expose() {
      const { resourceMetrics, errors } = await exporter.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'Some metrics could not be collected');
      return serializer.serialize(resourceMetrics);
    },
    shutdown: () => provider.shutdown(),
  };
}

/** Labels come from closed sets, so that nearly all are known already. */
const KNOWN_LABELS = 1_000;
const maskedLabels = new Map<string, string>();

function maskLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const masked: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    let known = maskedLabels.get(value);
    if (known === undefined) {
      known = maskForms(value);
      if (maskedLabels.size >= KNOWN_LABELS) maskedLabels.clear();
      maskedLabels.set(value, known);
    }
    masked[name] = known;
  }
  return masked;
}

/** Undefined when the reading fails or hangs: why is told by `/readyz`, and the other metrics must stay readable. */
async function readWithin(read: () => Promise<QueueDepth>, ms: number): Promise<QueueDepth | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([read().catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
