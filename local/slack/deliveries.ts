import type { Outgoing as Item, Transport } from './delivery-transport.ts';
import type { Faults } from './faults.ts';

/** One attempt to hand something to the app. */
export interface DeliveryRecord {
  readonly kind: 'event' | 'interaction';
  /** Event type, interaction type or command. */
  readonly name: string;
  readonly eventId: string | undefined;
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** HTTP status, or why there is none. */
  readonly outcome: number | 'http_timeout' | 'connection_failed';
  readonly at: number;
}

export interface Deliveries {
  /**
   * Hands one event to the app, retrying as Slack does until it is acknowledged with a 2xx within the time limit.
   * Resolves when the first attempt is over; never rejects.
   */
  sendEvent(
    envelope: { readonly event_id: string } & Record<string, unknown>,
    eventType: string,
  ): Promise<void>;
  /** Sends an interaction or a command once. `undefined` = no answer in time or no connection. Never rejects. */
  sendInteraction(
    kind: 'interactive' | 'slash_commands',
    payload: Readonly<Record<string, unknown>>,
    name: string,
  ): Promise<{ status: number; body: string } | undefined>;
  readonly records: readonly DeliveryRecord[];
  /** Resolves when no attempt is under way and no retry is waiting. */
  idle(): Promise<void>;
  clear(): void;
  close(): void;
}

export interface DeliveryOptions {
  readonly transport: Transport;
  readonly retryDelaysMs: readonly number[];
  readonly faults: Faults;
}

interface Outgoing {
  readonly envelope: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly eventId: string;
  readonly loseAck: boolean;
}

const KEPT_RECORDS = 20_000;

/** Source: docs.slack.dev, "Events API", sections on responding, retries and the `x-slack-retry-…` headers. */
export function createDeliveries(options: DeliveryOptions): Deliveries {
  const { transport, retryDelaysMs, faults } = options;
  const records: DeliveryRecord[] = [];
  const waiting = new Map<NodeJS.Timeout, () => void>();
  let idleListeners: (() => void)[] = [];
  let open = 0;
  let closing = new AbortController();

  function note(record: DeliveryRecord): void {
    records.push(record);
    if (records.length > KEPT_RECORDS) records.splice(0, records.length - KEPT_RECORDS);
  }

  function finish(): void {
    open -= 1;
    if (open > 0) return;
    for (const listener of idleListeners) listener();
    idleListeners = [];
  }

  /** Waits `ms`; false when everything was cleared meanwhile. */
  function pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        waiting.delete(timer);
        resolve(true);
      }, ms);
      waiting.set(timer, () => resolve(false));
    });
  }

  /** Returns the reason to retry, or undefined when Slack would be content. */
  async function attempt(event: Outgoing, number: number, retryReason: string | undefined) {
    const { envelope, name, eventId } = event;
    const retry: Item['retry'] = retryReason === undefined ? undefined : { number, reason: retryReason };
    const result = await transport.send({ kind: 'events_api', payload: envelope, retry }, closing.signal);
    const outcome = event.loseAck && number === 0 ? 'http_timeout' : result.outcome;
    note({ kind: 'event', name, eventId, attempt: number, outcome, at: Date.now() });
    const accepted = typeof outcome === 'number' && outcome >= 200 && outcome < 300;
    if (accepted || result.noRetry) return undefined;
    return typeof outcome === 'number' ? 'http_error' : outcome;
  }

  async function retryEvent(event: Outgoing, firstReason: string): Promise<void> {
    let reason: string | undefined = firstReason;
    for (const [index, delay] of retryDelaysMs.entries()) {
      if (!(await pause(delay))) return;
      reason = await attempt(event, index + 1, reason);
      if (reason === undefined) return;
    }
  }

  function stopAll(): void {
    for (const [timer, cancel] of waiting) {
      clearTimeout(timer);
      cancel();
    }
    waiting.clear();
    closing.abort();
  }

  /** Runs `work` as counted by `idle()`. */
  function track(work: () => Promise<void>): Promise<void> {
    open += 1;
    return work().finally(finish);
  }

  async function deliver(event: Outgoing): Promise<void> {
    const reason = await attempt(event, 0, undefined);
    if (reason !== undefined) void track(() => retryEvent(event, reason));
  }

  return {
    records,
    sendEvent: (envelope, name) =>
      track(async () => {
        const fault = faults.takeForDelivery(name);
        const event: Outgoing = {
          envelope,
          name,
          eventId: envelope.event_id,
          loseAck: fault?.kind === 'lose_ack',
        };
        if (fault?.kind === 'drop_event') return;
        if (fault?.kind === 'delay_event') {
          void track(async () => {
            if (await pause(fault.ms)) await deliver(event);
          });
          return;
        }
        if (fault?.kind === 'duplicate_event') void track(() => deliver(event));
        await deliver(event);
      }),
    async sendInteraction(kind, payload, name) {
      open += 1;
      try {
        const result = await transport.send({ kind, payload, retry: undefined }, closing.signal);
        note({
          kind: 'interaction',
          name,
          eventId: undefined,
          attempt: 0,
          outcome: result.outcome,
          at: Date.now(),
        });
        return typeof result.outcome === 'number' ? { status: result.outcome, body: result.body } : undefined;
      } finally {
        finish();
      }
    },
    idle: () =>
      open === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idleListeners.push(resolve);
          }),
    clear() {
      stopAll();
      closing = new AbortController();
      records.length = 0;
    },
    close: stopAll,
  };
}
