import { z } from 'zod';
import { type FieldProblem, parseBody, refuse } from './validation.ts';

/** What the model of bedrock-agentcore (API version 2024-02-28) says about the identity operations. */

const workloadName = z
  .string()
  .min(3)
  .max(255)
  .regex(/^[A-Za-z0-9_.-]+$/);
const token = z.string().min(1).max(131_072);
const userToken = token.regex(/^[A-Za-z0-9-_=]+.[A-Za-z0-9-_=]+.[A-Za-z0-9-_=]+$/);
const userId = z.string().min(1).max(128);
const sessionUri = z
  .string()
  .max(1024)
  .regex(/^urn:ietf:params:oauth:request_uri:[a-zA-Z0-9-._~]+$/);

export const forWorkload = z.object({ workloadName });
export const forJwt = z.object({ workloadName, userToken });
export const forUserId = z.object({ workloadName, userId });

export const completion = z.object({
  sessionUri,
  /** A union: exactly one member. */
  userIdentifier: z.union([z.strictObject({ userToken }), z.strictObject({ userId })]),
});

export const oauthRequest = z.object({
  workloadIdentityToken: token,
  resourceCredentialProviderName: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[a-zA-Z0-9\-_]+$/),
  scopes: z.array(z.string().min(1).max(128)),
  oauth2Flow: z.enum(['USER_FEDERATION', 'M2M', 'ON_BEHALF_OF_TOKEN_EXCHANGE']),
  sessionUri: sessionUri.optional(),
  resourceOauth2ReturnUrl: z
    .string()
    .max(2048)
    .regex(/^\w+:(\/?\/?)[^\s]+$/)
    .optional(),
  forceAuthentication: z.boolean().optional(),
  customState: z.string().min(1).max(4096).optional(),
});

/** Reads a body by its model. Throws ValidationException naming every member that breaks it; never a value. */
export function readInput<T>(body: Buffer, model: z.ZodType<T>): T {
  const parsed = model.safeParse(parseBody(body) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue): FieldProblem => ({
      name: issue.path.join('.'),
      message: `does not follow the model (${issue.code})`,
    }),
  );
  refuse(problems);
  throw parsed.error;
}
