import { Router } from 'express';
import { z } from 'zod';
import type { Deliveries } from './deliveries.ts';
import { type Faults, faultSchema } from './faults.ts';
import type { Interactions } from './interactions.ts';
import type { People } from './people.ts';
import type { State } from './state.ts';
import type { Call } from './web-api.ts';

const place = { user: z.string().min(1), channel: z.string().min(1) };
const file = z.object({
  name: z.string().min(1),
  mimetype: z.string().min(1).optional(),
  content: z.string(),
});
const bodies = {
  post: z.object({
    ...place,
    text: z.string().max(40_000),
    threadTs: z.string().optional(),
    files: z.array(file).max(10).optional(),
  }),
  message: z.object({ ...place, ts: z.string() }),
  edit: z.object({ ...place, ts: z.string(), text: z.string() }),
  click: z.object({
    ...place,
    ts: z.string(),
    actionId: z.string().optional(),
    value: z.string().optional(),
  }),
  command: z.object({ ...place, command: z.string().regex(/^\/[a-z0-9_-]+$/), text: z.string() }),
  stop: z.object({ ...place, threadTs: z.string() }),
  user: z.object({ user: z.string().min(1) }),
  place: z.object(place),
};

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
  deliveries: Deliveries;
  faults: Faults;
  calls: Call[];
  reset: () => void;
}): Router {
  const { state, people, interactions, deliveries, faults, calls, reset } = deps;
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
    people.post(user, channel, text, { threadTs, files: files?.map(given) }),
  );
  action('/edit', bodies.edit, ({ user, channel, ts, text }) => people.edit(user, channel, ts, text));
  action('/delete', bodies.message, ({ user, channel, ts }) => people.remove(user, channel, ts));
  action('/click', bodies.click, (body) => interactions.click(given(body)));
  action('/command', bodies.command, (body) => interactions.command(body));
  action('/stop', bodies.stop, ({ user, channel, threadTs }) => people.stop(user, channel, threadTs));
  action('/invite', bodies.place, ({ user, channel }) => people.invite(user, channel));
  action('/home', bodies.user, ({ user }) => people.openHome(user));
  action('/faults', faultSchema, (fault) => faults.add(fault));
  action('/reset', z.object({}), reset);
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
    views: state.views,
  };
}
