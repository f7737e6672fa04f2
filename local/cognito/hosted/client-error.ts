import type { ServerResponse } from 'node:http';
import { redirect } from './http.ts';

export interface ClientError {
  readonly error: string;
  readonly description?: string | undefined;
  readonly state: string | null;
}

/** Sends the browser back to the application with an error, in the order in which Cognito writes the parameters. */
export function redirectError(response: ServerResponse, redirectUri: string, error: ClientError): void {
  const url = new URL(redirectUri);
  if (error.description !== undefined) url.searchParams.set('error_description', error.description);
  if (error.state !== null) url.searchParams.set('state', error.state);
  url.searchParams.set('error', error.error);
  redirect(response, url.href);
}
