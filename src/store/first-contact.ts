import { COMMAND_TIMEOUT_MS, type Connection } from './connection.ts';
import { checkDurability, type Durability } from './durability.ts';

/** Redis may still be loading its data. Whoever starts us again gives it more time. */
const READY_WITHIN_MS = 10_000;

/**
 * Why this process cannot start with this Redis: it cannot be reached, lets nobody in, or is not fit to hold turns.
 * Empty when all is well. To be asked right after `connect`. The texts name the host, and nothing secret.
 */
export async function problemsAtStart(
  redis: Connection,
  url: string,
  wanted: Durability,
): Promise<readonly string[]> {
  try {
    await untilReady(redis);
    return await checkDurability(redis, wanted);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [explain(error, new URL(url))];
  }
}

/** The same for whoever does not care whether it is fit to hold turns. Undefined when it can be used. */
export async function problemOfReaching(redis: Connection, url: string): Promise<string | undefined> {
  try {
    await untilReady(redis);
    await redis.ping();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return explain(error, new URL(url));
  }
}

/** What came of a command later, in the same words; undefined for an error that is not Redis'. */
export function explainRedis(error: unknown, url: string): string | undefined {
  const isRedis =
    error instanceof Error && (error.name === 'ReplyError' || error.message === TIMED_OUT || isLost(error));
  return isRedis ? explain(error, new URL(url)) : undefined;
}

/** In ioredis' words, as what follows. */
const TIMED_OUT = 'Command timed out';
const isLost = ({ name, message }: Error) =>
  name === 'MaxRetriesPerRequestError' || message === 'Connection is closed.';

class NotReady extends Error {}

/** Resolves when the connection is ready; throws the first error that it meets, although it goes on trying. */
async function untilReady(redis: Connection): Promise<void> {
  if (redis.status === 'ready') return;
  const ready = Promise.withResolvers<void>();
  const timer = setTimeout(() => ready.reject(new NotReady()), READY_WITHIN_MS);
  redis.once('ready', ready.resolve).once('error', ready.reject);
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
    redis.off('ready', ready.resolve).off('error', ready.reject);
  }
}

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** How a server ends a TLS handshake that it does not understand, at once or never. */
const NO_HANDSHAKE = new Set(['ECONNRESET', 'ETIMEDOUT', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER']);

/** What is wrong, and what to do, in the words of whoever sets REDIS_URL. */
function explain(error: Error, { host, protocol }: URL): string {
  const redis = `Redis at ${host}`;
  const code = 'code' in error ? String(error.code) : '';
  const refusal = /^[A-Z]+/.exec(error.message)?.[0] ?? '';
  if (error instanceof NotReady) {
    return `REDIS_URL: ${redis} is not ready after ${READY_WITHIN_MS / 1000} s. It may still be loading its data: try again.`;
  }
  if (refusal === 'NOAUTH') {
    return `REDIS_URL: ${redis} wants a password. Write it into the address: ${protocol}//user:password@host:port`;
  }
  if (refusal === 'WRONGPASS') {
    return `REDIS_URL: ${redis} refuses this user name or password. Special characters in them must be percent-encoded.`;
  }
  if (refusal === 'NOPERM') {
    return `REDIS_URL: ${redis} does not let this user do what is needed. docs/operate.md has the rules for its ACL.`;
  }
  if (refusal === 'READONLY') {
    return `REDIS_URL: ${redis} is a replica, which takes no writes. Give the address of the primary.`;
  }
  if (refusal === 'OOM') {
    return `REDIS_URL: ${redis} is full (maxmemory). Give it more memory.`;
  }
  if (error.message.startsWith('ERR DB index')) {
    return `REDIS_URL: ${redis} has no database of this number. Leave it out for the first one.`;
  }
  if (isLost(error)) {
    return `REDIS_URL: the connection to ${redis} was lost. Is it running, and reachable from here?`;
  }
  if (error.message === TIMED_OUT) {
    return `REDIS_URL: ${redis} does not answer within ${COMMAND_TIMEOUT_MS / 1000} s. Is it running, and reachable from here?`;
  }
  if (UNTRUSTED.has(code)) {
    return `REDIS_URL: the certificate of ${redis} is not trusted (${code}). For a private CA set NODE_EXTRA_CA_CERTS to its PEM file.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'CERT_HAS_EXPIRED') {
    return `REDIS_URL: the certificate of ${redis} is ${code === 'CERT_HAS_EXPIRED' ? 'out of date' : 'for another name'}.`;
  }
  if (protocol === 'rediss:' && NO_HANDSHAKE.has(code)) {
    return `REDIS_URL: there is no TLS connection with ${redis} (${code}). Is it reachable from here? Without TLS its address begins with redis://`;
  }
  if (protocol === 'redis:' && code === 'ECONNRESET') {
    return `REDIS_URL: ${redis} ends the connection. Does it want TLS? Then its address begins with rediss://`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `REDIS_URL: nobody knows the name ${host} (${code}).`;
  }
  return `REDIS_URL: ${redis} cannot be used (${code || error.message}). Is it running, and reachable from here?`;
}
