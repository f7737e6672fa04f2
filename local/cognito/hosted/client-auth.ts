import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Directory } from '../directory/directory.ts';
import type { AppClient } from '../directory/model.ts';

/**
 * The app client that a request to the token or revocation endpoint is from. Its secret comes in the Authorization header
 * (Basic) or in the form; a client without one sends none. undefined for invalid_client.
 */
export function authenticateClient(
  directory: Directory,
  request: IncomingMessage,
  form: URLSearchParams,
): AppClient | undefined {
  const basic = readBasic(request.headers.authorization);
  if (basic === 'malformed') return undefined;
  const id = basic?.id ?? form.get('client_id') ?? '';
  // A form that names another client than the header is nobody's.
  if (form.has('client_id') && form.get('client_id') !== id) return undefined;
  const secret = basic?.secret ?? form.get('client_secret') ?? undefined;
  const client = directory.client(id);
  if (!client) return undefined;
  if (client.secrets.length === 0) return secret ? undefined : client;
  return secret !== undefined && client.secrets.some(({ value }) => same(secret, value)) ? client : undefined;
}

function readBasic(header: string | undefined): { id: string; secret: string } | 'malformed' | undefined {
  if (header === undefined) return undefined;
  const match = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header);
  const text = Buffer.from(match?.[1] ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? 'malformed' : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
