import { CloudAdapter, ConfigurationBotFrameworkAuthentication, type TurnContext } from 'botbuilder';

/** What an activity is answered with. Only invokes have a body. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** Listens to an activity; for an invoke it answers what Teams should show. */
export type Listener = (context: TurnContext) => Promise<void>;

/**
 * botbuilder's CloudAdapter, behind our own authentication. Its own takes more than Teams' tokens: those of emulators
 * and skills (a token that we have sent to somebody could be played back to us), blank channels, blank addresses; and it
 * answers a bad signature with 500. So it hears of an activity only when that was let in, and gets no credentials:
 * whatever it would send anywhere carries no token.
 */
export function createAdapter() {
  const letIn = new WeakSet<object>();
  const botbuilders = new ConfigurationBotFrameworkAuthentication({});
  const authentication: ConfigurationBotFrameworkAuthentication = Object.assign(Object.create(botbuilders), {
    async authenticateRequest(activity: object) {
      if (!letIn.has(activity)) throw new Error('this activity was not let in');
      return botbuilders.authenticateRequest(activity as never, '');
    },
  });
  const adapter = new CloudAdapter(authentication);

  return {
    /** Hands an activity to the listener. Rejects with what the listener throws. */
    async process(activity: Record<string, unknown>, listen: Listener): Promise<Answer> {
      letIn.add(activity);
      let failure: { readonly error: unknown } | undefined;
      let status = 500;
      let body: unknown;
      const response = {
        socket: undefined,
        header: () => response,
        status: (code: number) => {
          status = code;
          return response;
        },
        send: (content: unknown) => {
          body = content;
          return response;
        },
        end: () => response,
      };
      await adapter.process({ method: 'POST', headers: {}, body: activity }, response, async (context) => {
        try {
          await listen(context);
        } catch (error) {
          // botbuilder would print it, and answer its message to the sender.
          failure = { error };
        }
      });
      if (failure) throw failure.error;
      return { status, ...(body === undefined ? {} : { body }) };
    },
  };
}
