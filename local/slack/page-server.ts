import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Request, type Response, Router } from 'express';
import type { Manifest } from './manifest.ts';
import type { Message, ThreadState, User } from './model.ts';
import type { Presenter } from './present.ts';
import { presentView } from './present-view.ts';
import { APP } from './seed.ts';
import { type Change, isStreaming, type State } from './state.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const PAGE = new URL('./page/', import.meta.url);
const FILES = new Set(readdirSync(PAGE).filter((name) => extname(name) in TYPES));

const SECURITY = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const SHOWN_TYPES = new Set(['image/gif', 'image/jpeg', 'image/png', 'image/webp']);
const SWEEP_MS = 1000;

/** The browser page: its files, the state as one user sees it, and a live stream of changes. */
export function createPageServer(deps: {
  state: State;
  presenter: Presenter;
  /** What the page offers: commands, shortcuts, prompts. */
  offers: Pick<Manifest, 'commands' | 'shortcuts' | 'prompts'>;
  now: () => number;
}) {
  const { state, presenter, now } = deps;
  const { commands, shortcuts, prompts } = deps.offers;
  const router = Router();
  const open = new Map<Response, User>();
  let sweeper: NodeJS.Timeout | undefined;

  function showMessage(message: Message): Record<string, unknown> {
    return {
      ...presenter.message(message),
      channel: message.channel,
      ...(message.ephemeralFor === undefined ? {} : { is_ephemeral: true }),
      ...(message.stream?.ended === 'stopped' || message.stream?.ended === 'expired'
        ? { stream_ended: message.stream.ended }
        : {}),
      state: isStreaming(message.stream, now()) ? 'streaming' : 'done',
    };
  }

  function showThread(thread: ThreadState): Record<string, unknown> {
    return { ...thread, status: thread.status };
  }

  function sees(user: User, channelId: string): boolean {
    return state.channel(channelId)?.members.has(user.id) === true;
  }

  function views(user: User): Record<string, unknown> {
    const home = state.homes.get(user.id);
    return {
      home: home === undefined ? undefined : presentView(home),
      modals: (state.modals.get(user.id) ?? []).map(presentView),
    };
  }

  function view(user: User): Record<string, unknown> {
    const channels = state.channels.filter((channel) => channel.members.has(user.id));
    return {
      team: state.team,
      bot: APP,
      me: user,
      offers: { commands, shortcuts, prompts },
      views: views(user),
      users: state.users,
      channels: channels.map((channel) => ({ ...channel, members: [...channel.members] })),
      messages: channels.flatMap((channel) =>
        state
          .messages(channel.id)
          .filter((message) => message.ephemeralFor === undefined || message.ephemeralFor === user.id)
          .map(showMessage),
      ),
      threads: [...state.threads.values()].filter((thread) => sees(user, thread.channel)).map(showThread),
    };
  }

  function eventFor(user: User, change: Change): Record<string, unknown> | undefined {
    switch (change.kind) {
      case 'message': {
        const { message } = change;
        if (!sees(user, message.channel)) return undefined;
        if (message.ephemeralFor !== undefined && message.ephemeralFor !== user.id) return undefined;
        return { kind: 'message', message: showMessage(message) };
      }
      case 'deleted':
        return sees(user, change.channel) ? change : undefined;
      case 'thread':
        return sees(user, change.thread.channel)
          ? { kind: 'thread', thread: showThread(change.thread) }
          : undefined;
      case 'views':
        return change.userId === user.id ? { kind: 'views', views: views(user) } : undefined;
      default:
        return { kind: 'reload' };
    }
  }

  const endListening = state.listen((change) => {
    for (const [response, user] of open) {
      const event = eventFor(user, change);
      if (event !== undefined) response.write(`data: ${JSON.stringify(event)}\n\n`);
    }
  });

  /** Who looks; answers 404 itself when there is no such person. */
  function viewer(request: Request, response: Response): User | undefined {
    const { user: name } = request.query;
    const user = state.findUser(typeof name === 'string' ? name : 'alice');
    if (user !== undefined && !user.isBot) return user;
    response.status(404).json({ ok: false, error: 'No such person' });
    return undefined;
  }

  router.get('/page/state', (request, response) => {
    const user = viewer(request, response);
    if (user === undefined) return;
    response.set(SECURITY).json(view(user));
  });

  router.get('/page/events', (request, response) => {
    const user = viewer(request, response);
    if (user === undefined) return;
    response.set({ ...SECURITY, 'content-type': 'text/event-stream' });
    response.flushHeaders();
    response.write('retry: 1000\n\n');
    open.set(response, user);
    sweeper ??= setInterval(state.sweep, SWEEP_MS);
    response.on('close', () => {
      open.delete(response);
      if (open.size === 0) {
        clearInterval(sweeper);
        sweeper = undefined;
      }
    });
  });

  router.get('/page/file/:id', (request, response) => {
    const user = viewer(request, response);
    if (user === undefined) return;
    const file = state.files.get(request.params.id);
    const visible = file?.shares.some(({ channel }) => sees(user, channel));
    if (file === undefined || visible !== true) {
      response.status(404).type('text/plain').send('No such file');
      return;
    }
    // Pictures are shown; everything else is saved, so that no file of a bot runs in this page.
    const shown = SHOWN_TYPES.has(file.mimetype);
    if (!shown) response.attachment(file.name);
    response.set({ ...SECURITY, 'content-type': shown ? file.mimetype : 'application/octet-stream' });
    response.send(file.content);
  });

  async function sendFile(name: string, response: Response): Promise<void> {
    const type = FILES.has(name) ? TYPES[extname(name)] : undefined;
    if (type === undefined) {
      response.status(404).type('text/plain').send('No such page');
      return;
    }
    const body = await readFile(new URL(name, PAGE));
    response.set({ ...SECURITY, 'content-type': type }).send(body);
  }

  router.get('/', (_request, response) => sendFile('index.html', response));
  router.get('/page/:file', (request, response) => sendFile(request.params.file, response));

  return {
    router,
    close(): void {
      endListening();
      clearInterval(sweeper);
      for (const response of open.keys()) response.end();
      open.clear();
    },
  };
}
