import { z } from 'zod';
import { type Answer, type Refusal, refuse } from '../model.ts';

/** One method of the Web API: how its arguments look and what it does. */
export interface Method {
  readonly run: (args: Readonly<Record<string, unknown>>) => Answer;
}

/** Turns what zod found into Slack's `invalid_arguments` with its messages. */
function invalidArguments(error: z.ZodError): Refusal {
  const messages = error.issues.map((issue) => {
    const field = issue.path.join('/');
    const missing = issue.code === 'invalid_type' && issue.input === undefined;
    return missing
      ? `[ERROR] missing required field: ${field}`
      : `[ERROR] ${issue.message} [json-pointer:/${field}]`;
  });
  return refuse('invalid_arguments', ...messages);
}

/** Declares a method: arguments that do not fit the schema are answered with `invalid_arguments`. */
export function method<Schema extends z.ZodType>(
  schema: Schema,
  run: (args: z.output<Schema>) => Answer,
): Method {
  return {
    run(args) {
      const parsed = schema.safeParse(args, { reportInput: true });
      return parsed.success ? run(parsed.data) : invalidArguments(parsed.error);
    },
  };
}

/** A required string; an empty one counts as missing. */
export const text = z.string().min(1);
export const optionalText = z.string().optional();
/** Form fields carry booleans and numbers as text. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0']).transform((v) => v === 'true' || v === '1')])
  .optional();
export const wholeNumber = z.coerce.number().int().optional();
