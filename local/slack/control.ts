import { Router } from 'express';
import { z } from 'zod';
import { bodies } from './control-bodies.ts';
import type { Deliveries } from './deliveries.ts';
import { type Faults, faultSchema } from './faults.ts';
import type { Interactions } from './interactions.ts';
import type { People } from './people.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Sockets } from './socket-mode.ts';
import type { State } from './state.ts';
import type { Streams } from './streams.ts';
import type { ViewInteractions } from './view-interactions.ts';
import type { Call } from './web-api.ts';

/** Leaves out what is undefined: optional properties are exact here. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** The routes under /control/: people's actions, faults and everything recorded, as JSON and without a login. */
export function createControl(deps: {
  state: State;
  people: People;
  interactions: Interactions;
  viewInteractions: ViewInteractions;
  streams: Streams;
  sockets: Sockets | undefined;
  deliveries: Deliveries;
  faults: Faults;
  rateLimits: RateLimits;
  calls: Call[];
  reset: () => void;
}): Router {
  const { state, people, interactions, viewInteractions, deliveries, faults, calls, reset } = deps;
  const router = Router();

  /** A POST route: checks the body, answers 400 with the reason when the body or the action does not fit. */
  function action<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    run: (body: z.output<Schema>) => unknown,
  ): void {
    router.post(path, async (request, response) => {
      try {
        const value: unknown = JSON.parse(
          typeof request.body === 'string' && request.body !== '' ? request.body : '{}',
        );
        response.json({ ok: true, ...((await run(schema.parse(value))) as object | undefined) });
      } catch (error) {
        const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
        response.status(400).json({ ok: false, error: reason });
      }
    });
  }

  action('/post', bodies.post, ({ user, channel, text, threadTs, files }) =>
    people.post(user, channel, text, {
      threadTs,
      files: files?.map(({ encoding, content, ...file }) =>
        given({ ...file, content: Buffer.from(content, encoding) }),
      ),
    }),
  );
  action('/edit', bodies.edit, ({ user, channel, ts, text }) => people.edit(user, channel, ts, text));
  action('/delete', bodies.message, ({ user, channel, ts }) => people.remove(user, channel, ts));
  action('/react', bodies.react, ({ user, channel, ts, name }) => people.react(user, channel, ts, name));
  action('/click', bodies.click, interactions.click);
  action('/command', bodies.command, interactions.command);
  action('/shortcut', bodies.shortcut, interactions.shortcut);
  action('/click-view', bodies.clickView, viewInteractions.clickView);
  action('/submit-view', bodies.submitView, viewInteractions.submitView);
  action('/close-view', bodies.closeView, viewInteractions.closeView);
  action('/stop', bodies.stop, ({ user, channel, threadTs }) => people.stop(user, channel, threadTs));
  action('/invite', bodies.place, ({ user, channel }) => people.invite(user, channel));
  action('/home', bodies.user, ({ user }) => people.openHome(user));
  action('/faults', faultSchema, (fault) => faults.add(fault));
  action('/end-streams', bodies.endStreams, (where) => ({ ended: deps.streams.endNow(where) }));
  action('/sockets', bodies.sockets, ({ action: what, reason }) => {
    if (deps.sockets === undefined) throw new Error('Socket Mode is off: give the stand-in an appToken');
    if (what === 'drop') deps.sockets.drop();
    else deps.sockets.refresh(reason);
  });
  action('/reset', bodies.nothing, reset);
  router.delete('/faults', (_request, response) => {
    faults.clear();
    response.json({ ok: true });
  });
  router.get('/faults', (_request, response) => {
    response.json({ ok: true, faults: faults.list() });
  });
  router.get('/calls', (request, response) => {
    const { method } = request.query;
    response.json({
      ok: true,
      calls: calls.filter((call) => method === undefined || call.method === method),
    });
  });
  router.get('/limits', (_request, response) => {
    response.json({ ok: true, refused: Object.fromEntries(deps.rateLimits.refused) });
  });
  router.get('/deliveries', (_request, response) => {
    response.json({ ok: true, deliveries: deliveries.records });
  });
  router.get('/state', (_request, response) => {
    response.json({ ok: true, ...describeState(state) });
  });
  return router;
}

/** Everything in the workspace as plain JSON. */
function describeState(state: State): Record<string, unknown> {
  return {
    team: state.team,
    users: state.users,
    channels: state.channels.map((channel) => ({
      ...channel,
      members: [...channel.members],
      messages: state.messages(channel.id).map((message) => ({
        ...message,
        files: message.files.map(({ content: _content, ...file }) => file),
        stream:
          message.stream === undefined
            ? undefined
            : { ended: message.stream.ended, mode: message.stream.mode },
        reactions: [...message.reactions].map(([name, users]) => ({ name, users: [...users] })),
      })),
    })),
    threads: [...state.threads.values()],
    homes: [...state.homes.values()],
    modals: [...state.modals.values()].flat(),
  };
}
