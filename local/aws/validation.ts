import { awsError } from './aws-error.ts';

/** ValidationException, as bedrock-agentcore's model has it. */

export interface FieldProblem {
  readonly name: string;
  readonly message: string;
}

/** Throws when there are problems. */
export function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const message = problems.map((problem) => `${problem.name} ${problem.message}`).join('; ');
  throw awsError(400, 'ValidationException', message, {
    reason: 'FieldValidationFailed',
    fieldList: problems,
  });
}

/** undefined for an empty body. */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw awsError(400, 'ValidationException', `The body is not JSON: ${(error as Error).message}`, {
      reason: 'CannotParse',
    });
  }
}
