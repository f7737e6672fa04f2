import { z } from 'zod';
import type { Admin } from './admin.ts';
import type { TokenLifeOverride } from './directory/directory.ts';
import { type Exchange, readBody, sendJson } from './hosted/http.ts';
import { faultSchema, type Traffic } from './traffic.ts';

/** The stand-in's own API under /control/, JSON both ways, for tests in other processes and for people with curl. */
export interface ControlDeps {
  readonly traffic: Traffic;
  readonly admin: Admin;
  readonly setTokenLife: (life: TokenLifeOverride) => void;
  readonly rotateKeys: (options: { readonly keepFormer?: boolean }) => Promise<void>;
}

const seconds = z.number().int().min(1).optional();
const lifeSchema = z.strictObject({ accessSeconds: seconds, idSeconds: seconds, refreshSeconds: seconds });
const rotateSchema = z.strictObject({ keepFormer: z.boolean().optional() });
const personSchema = z.strictObject({
  username: z.string().min(1),
  enabled: z.boolean().optional(),
  groups: z.array(z.string().min(1)).optional(),
  signOut: z.literal(true).optional(),
});
const faultList = z.union([faultSchema, z.array(faultSchema)]);

const ROUTES =
  'GET /control/calls, GET|POST|DELETE /control/faults, POST /control/token-life, POST /control/rotate-keys, POST /control/person, GET /control/totp?username=, POST /control/reset';

export const CONTROL_PATH = '/control/';

export function createControl(deps: ControlDeps): (exchange: Exchange) => Promise<void> {
  const { traffic, admin } = deps;

  function changePerson(change: z.infer<typeof personSchema>): object {
    const { username } = change;
    if (change.enabled === true) admin.enable(username);
    if (change.enabled === false) admin.disable(username);
    if (change.groups) admin.setGroups(username, change.groups);
    if (change.signOut) admin.signOutEverywhere(username);
    return {};
  }

  async function answer(route: string, { query }: Exchange, body: unknown): Promise<object | undefined> {
    switch (route) {
      case 'GET calls':
        return { calls: traffic.calls };
      case 'GET faults':
        return { faults: traffic.faults };
      case 'DELETE faults':
        traffic.faults.length = 0;
        return { faults: [] };
      case 'POST faults':
        traffic.faults.push(...[faultList.parse(body)].flat());
        return { faults: traffic.faults };
      case 'POST token-life':
        deps.setTokenLife(stripUndefined(lifeSchema.parse(body)));
        return {};
      case 'POST rotate-keys':
        await deps.rotateKeys(stripUndefined(rotateSchema.parse(body)));
        return {};
      case 'POST person':
        return changePerson(personSchema.parse(body));
      case 'GET totp':
        return { code: admin.totp(query.get('username') ?? '') };
      case 'POST reset':
        traffic.faults.length = 0;
        traffic.calls.length = 0;
        deps.setTokenLife({});
        return {};
      default:
        return undefined;
    }
  }

  return async (exchange) => {
    const { request, response, method, path } = exchange;
    const raw = await readBody(request);
    // A page in a browser cannot send this type to another origin without asking first.
    if (method === 'POST' && !request.headers['content-type']?.startsWith('application/json')) {
      return sendJson(response, 415, { message: 'send content-type: application/json' });
    }
    try {
      const body: unknown = raw?.length ? JSON.parse(raw.toString()) : {};
      const done = await answer(`${method} ${path.slice(CONTROL_PATH.length)}`, exchange, body);
      sendJson(response, done ? 200 : 404, done ?? { message: `there is ${ROUTES}` });
    } catch (error) {
      const message = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      sendJson(response, 400, { message });
    }
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function stripUndefined<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Present<T>;
}
