/** Blocks and chunks as plain data; Slack's types live in the client. */
export type Json = Readonly<Record<string, unknown>>;
