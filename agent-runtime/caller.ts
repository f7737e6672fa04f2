/**
 * For whom a turn runs, as AgentCore says beside the request. What the request itself, a prompt or a model says about it
 * counts for nothing. Not for logs, events or the model.
 */
export interface Caller {
  /** Opaque: with it a tool gets tokens of AgentCore Identity in the name of the caller. Missing where AgentCore gave none. */
  readonly workloadAccessToken: string | undefined;
}
