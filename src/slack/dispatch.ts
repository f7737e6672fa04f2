import type { App, ReceiverEvent } from '@slack/bolt';
import type { Logger } from '../telemetry/logger.ts';

/** What became of one delivery. Only `handled` may be acknowledged to Slack. */
export type Dispatched =
  | { readonly outcome: 'handled'; readonly acknowledgement: unknown }
  /** It could not be stored: Slack is to deliver it again. */
  | { readonly outcome: 'failed' }
  /** Nobody listens to this. */
  | { readonly outcome: 'unhandled' }
  /** The app is not there yet. */
  | { readonly outcome: 'not_started' };

export interface RetryInfo {
  readonly retryNum?: number;
  readonly retryReason?: string;
}

export type Dispatch = (body: Record<string, unknown>, retry: RetryInfo) => Promise<Dispatched>;

/**
 * Hands deliveries to Bolt, the same way whatever they travelled on. Bolt acknowledges events before its listeners
 * run; here that is only noted, and the outcome is known when the listeners have ended.
 */
export function createDispatch(log: Logger): { init(bolt: App): void; dispatch: Dispatch } {
  let app: App | undefined;
  return {
    init(bolt) {
      app = bolt;
    },
    async dispatch(body, retry) {
      if (!app) return { outcome: 'not_started' };
      let acknowledged = false;
      let acknowledgement: unknown;
      const event: ReceiverEvent = {
        body,
        ack: async (value?: unknown) => {
          acknowledged = true;
          acknowledgement = value;
        },
        ...retry,
      };
      try {
        await app.processEvent(event);
      } catch (error) {
        log.error({ err: error }, 'an event could not be handled; Slack will deliver it again');
        return { outcome: 'failed' };
      }
      return acknowledged ? { outcome: 'handled', acknowledgement } : { outcome: 'unhandled' };
    },
  };
}
