import { type Request, type Response, Router } from 'express';
import type { CallFault, Faults } from './faults.ts';
import type { Method } from './methods/method.ts';
import { type Answer, refuse } from './model.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Scopes } from './scopes.ts';

/** One call of the Web API as it arrived and as it was answered. */
export interface Call {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** HTTP status; 0 when the connection was closed without an answer. */
  readonly status: number;
  /** Slack's error name, when the answer was not ok. */
  readonly error: string | undefined;
  readonly at: number;
  readonly tokenOk: boolean;
}

const KEPT_CALLS = 20_000;
/** Arguments that forms carry as JSON text, and how Slack calls it when that does not parse. */
const STRUCTURED: Readonly<Record<string, string>> = {
  blocks: 'invalid_blocks_format',
  attachments: 'invalid_attachments',
  metadata: 'invalid_metadata_format',
  chunks: 'invalid_arguments',
  loading_messages: 'invalid_arguments',
  prompts: 'invalid_arguments',
  view: 'invalid_arguments',
  files: 'invalid_arguments',
};

function parseStructured(args: Record<string, unknown>): string | undefined {
  for (const [name, error] of Object.entries(STRUCTURED)) {
    const value = args[name];
    if (typeof value !== 'string') continue;
    try {
      args[name] = JSON.parse(value);
    } catch {
      return error;
    }
  }
  return undefined;
}

/** Reads the arguments of a request, or returns Slack's error name for a body that cannot be read. */
function readArguments(request: Request): Record<string, unknown> | string {
  const type = request.headers['content-type']?.split(';')[0]?.trim() ?? '';
  const body = typeof request.body === 'string' ? request.body : '';
  const query = Object.fromEntries(new URL(request.url, 'http://localhost').searchParams);
  if (body === '') return query;
  if (type === 'application/json') {
    try {
      const value: unknown = JSON.parse(body);
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? { ...query, ...value }
        : 'json_not_object';
    } catch {
      return 'invalid_json';
    }
  }
  if (type === 'application/x-www-form-urlencoded')
    return { ...query, ...Object.fromEntries(new URLSearchParams(body)) };
  return type === '' ? 'missing_post_type' : 'invalid_post_type';
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'drop' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter: number };

/** Waits for planned delays. Rejects when the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<unknown>;

/** How a planned fault ends the call; a delay only makes it wait. */
function outcomeOf(fault: CallFault): Outcome | undefined {
  switch (fault.kind) {
    case 'refuse':
    case 'drop_answer':
    case 'commit_late':
      return { kind: 'drop' };
    case 'error':
      return { kind: 'answer', answer: refuse(fault.error) };
    case 'status':
      return fault;
    default:
      return undefined;
  }
}

function takesEffect(fault: CallFault | undefined): boolean {
  if (fault?.kind === 'drop_answer' || fault?.kind === 'commit_late') return true;
  return fault !== undefined && 'commit' in fault && fault.commit;
}

export function createWebApi(deps: {
  methods: Readonly<Record<string, Method>>;
  botToken: string;
  /** The token of the app itself; it may do nothing but open connections. */
  appToken: string | undefined;
  scopes: Scopes;
  faults: Faults;
  rateLimits: RateLimits;
  now: () => number;
  wait: Wait;
}) {
  const { methods, botToken, appToken, scopes, faults, rateLimits, now, wait } = deps;
  const calls: Call[] = [];
  /** Ends with the workspace that the delayed calls were meant for. */
  let era = new AbortController();

  /** Everything that Slack checks before the method itself. */
  function precheck(
    name: string,
    args: Readonly<Record<string, unknown>>,
    token: string | undefined,
    problem: string | undefined,
  ): Answer | undefined {
    if (problem !== undefined) return refuse(problem);
    if (!Object.hasOwn(methods, name)) return { ...refuse('unknown_method'), req_method: name } as Answer;
    if (name === 'api.test') return undefined;
    if (token === undefined) return refuse('not_authed');
    if (token !== botToken && token !== appToken) return refuse('invalid_auth');
    const expected = name.startsWith('apps.connections.') ? appToken : botToken;
    if (token !== expected) return refuse('not_allowed_token_type');
    const needed = token === botToken ? scopes.missing(name, args) : undefined;
    return needed === undefined
      ? undefined
      : ({ ...refuse('missing_scope'), needed, provided: scopes.granted } as Answer);
  }

  /** False when the workspace was emptied or closed meanwhile. */
  function waited(ms: number): Promise<boolean> {
    const { signal } = era;
    return wait(ms, signal).then(
      () => !signal.aborted,
      (error: unknown) => {
        if (signal.aborted) return false;
        throw error;
      },
    );
  }

  /** Runs the call, with whatever planned fault or rate limit comes in between. */
  async function decide(name: string, args: Record<string, unknown>): Promise<Outcome> {
    const fault = faults.takeForCall(name, args);
    const planned = fault === undefined ? undefined : outcomeOf(fault);
    if (planned !== undefined && !takesEffect(fault)) return planned;
    const channel = typeof args.channel === 'string' ? args.channel : undefined;
    const retryAfter = rateLimits.retryAfter(name, channel);
    if (retryAfter !== undefined) return { kind: 'status', status: 429, retryAfter };
    const run = () => methods[name]?.run(args) ?? refuse('unknown_method');
    if (fault?.kind === 'commit_late') {
      void waited(fault.ms).then((isOver) => isOver && run());
      return { kind: 'drop' };
    }
    if (fault?.kind === 'delay' && !fault.commit && !(await waited(fault.ms))) return { kind: 'drop' };
    const answer = run();
    if (fault?.kind === 'delay' && fault.commit) await waited(fault.ms);
    return planned ?? { kind: 'answer', answer };
  }

  async function handle(request: Request, response: Response): Promise<void> {
    const name = String(request.params.method);
    const read = readArguments(request);
    const { token: inBody, ...args } = typeof read === 'string' ? {} : read;
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const token = bearer ?? (typeof inBody === 'string' ? inBody : undefined);
    const refusal = precheck(name, args, token, typeof read === 'string' ? read : parseStructured(args));
    const outcome: Outcome =
      refusal === undefined ? await decide(name, args) : { kind: 'answer', answer: refusal };

    const status = { answer: 200, status: outcome.kind === 'status' ? outcome.status : 0, drop: 0 }[
      outcome.kind
    ];
    const failed = outcome.kind === 'answer' && !outcome.answer.ok ? outcome.answer.error : undefined;
    const error = status === 429 ? 'ratelimited' : failed;
    const tokenOk = token !== undefined && (token === botToken || token === appToken);
    calls.push({ method: name, args, status, error, at: now(), tokenOk });
    if (calls.length > KEPT_CALLS) calls.splice(0, calls.length - KEPT_CALLS);

    if (token === botToken) {
      response.set('x-oauth-scopes', scopes.granted);
      const accepted = scopes.accepted(name, args);
      if (accepted !== undefined) response.set('x-accepted-oauth-scopes', accepted);
    }
    if (outcome.kind === 'drop') request.socket.destroy();
    else if (outcome.kind === 'answer') response.json(outcome.answer);
    else if (outcome.status === 429) {
      response.status(429).set('retry-after', String(outcome.retryAfter)).json({ ok: false, error });
    } else response.status(outcome.status).type('text/plain').send('planned fault');
  }

  const router = Router();
  router.all('/:method', handle);
  return {
    router,
    calls,
    /** Forgets the calls, those that are still to take effect too. */
    clear(): void {
      calls.length = 0;
      era.abort();
      era = new AbortController();
    },
    /** No call that still waits takes effect any more. */
    close(): void {
      era.abort();
    },
  };
}
