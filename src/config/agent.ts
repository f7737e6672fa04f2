import { integer, oneOf, pattern, type Reader, secureUrl } from './reader.ts';

export interface AgentConfig {
  readonly region: string;
  /** Undefined only where no worker role runs. */
  readonly runtimeArn: string | undefined;
  readonly qualifier: string;
  readonly endpoint: string | undefined;
  /** How AgentCore is told who calls: AWS credentials that name the person, or the person's own access token. */
  readonly auth: 'iam' | 'jwt';
  /** With `jwt`: where the data plane is if not at its public address. The AWS SDK does not find it for that client. */
  readonly jwtEndpoint: string | undefined;
  readonly protocol: 'threadcore' | 'generic';
  /** No byte from the agent for so long fails the turn. */
  readonly silenceMs: number;
}

const ARN = /^arn:aws(?:-[a-z0-9-]+)?:bedrock-agentcore:([a-z0-9-]+):\d{12}:runtime\/[A-Za-z][A-Za-z0-9_-]*$/;

/** Our agent sends keep-alives; another one may think for as long as AgentCore's synchronous limit allows. */
const SILENCE_SECONDS = { threadcore: 120, generic: 900 } as const;

export function readRegion(reader: Reader): string {
  return reader.withDefault(
    'AWS_REGION',
    pattern(/^[a-z]{2,3}(?:-[a-z]+){1,3}-\d$/, 'is not the name of an AWS region'),
    'us-east-2',
    'The region of your AgentCore runtime, like us-east-2',
  );
}

export function readAgent(reader: Reader, runsWorker: boolean): AgentConfig {
  const region = readRegion(reader);
  const readArn = runsWorker ? reader.required : reader.optional;
  const runtimeArn = readArn(
    'AGENT_RUNTIME_ARN',
    pattern(ARN, 'is not the ARN of an AgentCore runtime'),
    'AWS console → Bedrock AgentCore → Agent runtime → your runtime → ARN: arn:aws:bedrock-agentcore:region:account:runtime/name-0123456789',
  );
  const arnRegion = runtimeArn === undefined ? undefined : ARN.exec(runtimeArn)?.[1];
  if (arnRegion !== undefined && arnRegion !== region) {
    reader.problem(
      `AWS_REGION is ${region}, but AGENT_RUNTIME_ARN is in ${arnRegion}. Set AWS_REGION=${arnRegion}`,
    );
  }
  const auth = reader.withDefault('AGENT_AUTH', oneOf('iam', 'jwt'), 'iam', 'Leave it out for iam');
  const endpoint = reader.optional(
    'AGENT_RUNTIME_ENDPOINT',
    secureUrl,
    'Leave it out for the public AgentCore address of the region, or give your VPC endpoint',
  );
  const protocol = reader.withDefault(
    'AGENT_PROTOCOL',
    oneOf('threadcore', 'generic'),
    'threadcore',
    'threadcore for the agent of this project, generic for any other agent',
  );
  const silence = reader.withDefault(
    'AGENT_SILENCE_SECONDS',
    integer(1, 3600),
    SILENCE_SECONDS[protocol],
    'Seconds without a byte from the agent after which its turn has failed',
  );
  return {
    region,
    runtimeArn,
    qualifier: reader.withDefault(
      'AGENT_RUNTIME_QUALIFIER',
      pattern(/^[A-Za-z][A-Za-z0-9_]{0,47}$/, 'is not the name of a runtime endpoint'),
      'DEFAULT',
      'The name of the runtime endpoint; leave it out for DEFAULT',
    ),
    endpoint,
    auth,
    jwtEndpoint: auth === 'jwt' ? (endpoint ?? readSdkEndpoint(reader)) : undefined,
    protocol,
    silenceMs: silence * 1000,
  };
}

/** AGENT_AUTH=jwt sends a token that only a sign-in gives. To be called once both settings are read. */
export function checkAuth(reader: Reader, auth: AgentConfig['auth'], identityMode: 'required' | 'off'): void {
  if (auth === 'iam' || identityMode === 'required') return;
  reader.problem(
    'AGENT_AUTH jwt hands the access token of each person to AgentCore, so people have to sign in. Set IDENTITY_MODE=required, or AGENT_AUTH=iam',
  );
}

/** The AWS SDK's own variables, most telling first: they move the client that is not the SDK's as well. */
function readSdkEndpoint(reader: Reader): string | undefined {
  const read = (name: string) =>
    reader.optional(name, secureUrl, 'It receives access tokens of people; leave it out for AWS itself');
  const ofService = read('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE');
  return ofService ?? read('AWS_ENDPOINT_URL');
}
