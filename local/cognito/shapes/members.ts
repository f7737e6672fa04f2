import { z } from 'zod';

/** What members of the user-pool API have in common: their lengths and patterns, as the service model states them. */

/** AWS matches a pattern against the whole value. */
const text = (min: number, max: number, pattern?: RegExp) => {
  const sized = z.string().min(min).max(max);
  return pattern ? sized.regex(new RegExp(`^(?:${pattern.source})$`, pattern.flags)) : sized;
};

const WRITTEN = /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u;

export const shapes = {
  text,
  poolId: text(1, 55, /[\w-]+_[0-9a-zA-Z]+/),
  clientId: text(1, 128, /[\w+]+/),
  name: text(1, 128, /[\w\s+=,.@-]+/),
  userName: text(1, 128, WRITTEN),
  groupName: text(1, 128, WRITTEN),
  password: text(0, 256, /\S+/),
  token: z.string().regex(/^[A-Za-z0-9-_=.]+$/),
  arn: text(
    20,
    2048,
    /arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+){0,2}/,
  ),
  redirectUrl: text(1, 1024, WRITTEN),
  providerName: text(1, 32, /[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+/u),
  domain: text(1, 63, /[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?/),
  nextToken: text(1, 131_072, /\S+/),
  session: text(20, 2048),
  integer: (min: number, max: number) => z.number().int().min(min).max(max),
  textMap: z.record(z.string().max(131_072), z.string().max(131_072)),
  attributes: z.array(
    z.object({
      Name: text(1, 32, /[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+/u),
      Value: z.string().max(2048).default(''),
    }),
  ),
};
