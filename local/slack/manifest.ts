import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** What the stand-in takes from the app's manifest: what the app may call, hears, and offers. */
export interface Manifest {
  readonly scopes: readonly string[];
  /** As subscribed: `app_mention`, `message.im`, … */
  readonly events: readonly string[];
  readonly shortcuts: readonly Shortcut[];
  readonly commands: readonly { readonly command: string; readonly description: string }[];
  readonly prompts: readonly { readonly title: string; readonly message: string }[];
}

export interface Shortcut {
  readonly name: string;
  readonly callbackId: string;
  /** `message` is offered at every message, `global` in the menu of the composer. */
  readonly type: 'message' | 'global';
}

const OWN_MANIFEST = new URL('../../manifest.yml', import.meta.url);

const schema = z.object({
  features: z
    .object({
      agent_view: z
        .object({
          suggested_prompts: z.array(z.object({ title: z.string(), message: z.string() })).default([]),
        })
        .optional(),
      shortcuts: z
        .array(z.object({ name: z.string(), type: z.enum(['message', 'global']), callback_id: z.string() }))
        .default([]),
      slash_commands: z
        .array(z.object({ command: z.string(), description: z.string().default('') }))
        .default([]),
    })
    .prefault({}),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()).default([]) }) }).optional(),
  settings: z
    .object({
      event_subscriptions: z.object({ bot_events: z.array(z.string()).default([]) }).optional(),
    })
    .prefault({}),
});

/** Reads an app manifest (YAML or JSON), by default the project's own. Throws when it is not one. */
export function readManifest(path: string | URL = OWN_MANIFEST): Manifest {
  const parsed = schema.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path} is no app manifest: ${z.prettifyError(parsed.error)}`);
  const { features, oauth_config: oauth, settings } = parsed.data;
  return {
    scopes: oauth?.scopes.bot ?? [],
    events: settings.event_subscriptions?.bot_events ?? [],
    shortcuts: features.shortcuts.map(({ name, type, callback_id: callbackId }) => ({
      name,
      type,
      callbackId,
    })),
    commands: features.slash_commands,
    prompts: features.agent_view?.suggested_prompts ?? [],
  };
}
