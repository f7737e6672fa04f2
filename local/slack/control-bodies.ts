import { z } from 'zod';

/** The bodies of the routes under /control/. */

const place = { user: z.string().min(1), channel: z.string().min(1) };
const file = z.object({
  name: z.string().min(1),
  mimetype: z.string().min(1).optional(),
  content: z.string(),
  encoding: z.enum(['utf8', 'base64']).default('utf8'),
  altText: z.string().optional(),
});
const value = z.union([z.string(), z.array(z.string()), z.null()]);

export const bodies = {
  post: z.object({
    ...place,
    text: z.string().max(40_000),
    threadTs: z.string().optional(),
    files: z.array(file).max(10).optional(),
  }),
  message: z.object({ ...place, ts: z.string() }),
  edit: z.object({ ...place, ts: z.string(), text: z.string() }),
  react: z.object({ ...place, ts: z.string(), name: z.string() }),
  click: z.object({ ...place, ts: z.string(), actionId: z.string().optional(), value: value.optional() }),
  command: z.object({ ...place, command: z.string().regex(/^\/[a-z0-9_-]+$/), text: z.string() }),
  shortcut: z.object({
    user: z.string().min(1),
    callbackId: z.string().min(1),
    channel: z.string().optional(),
    ts: z.string().optional(),
  }),
  clickView: z.object({
    user: z.string().min(1),
    viewId: z.string(),
    actionId: z.string(),
    value: value.optional(),
  }),
  submitView: z.object({
    user: z.string().min(1),
    viewId: z.string().optional(),
    values: z.record(z.string(), z.record(z.string(), value)).optional(),
  }),
  closeView: z.object({ user: z.string().min(1), all: z.boolean().optional() }),
  stop: z.object({ ...place, threadTs: z.string() }),
  user: z.object({ user: z.string().min(1) }),
  place: z.object(place),
  endStreams: z.object({ channel: z.string().optional(), ts: z.string().optional() }),
  sockets: z.object({
    action: z.enum(['drop', 'refresh']),
    reason: z.enum(['warning', 'refresh_requested', 'link_disabled']).optional(),
  }),
  nothing: z.object({}),
};
