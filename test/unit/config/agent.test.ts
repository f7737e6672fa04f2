import { describe, expect, it } from 'vitest';
import { checkAuth, readAgent } from '../../../src/config/agent.ts';
import { createReader, type Environment } from '../../../src/config/reader.ts';

const ARN = 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/engineer-Ab12Cd34Ef';

function read(env: Environment) {
  const reader = createReader({ AGENT_RUNTIME_ARN: ARN, ...env });
  return { agent: readAgent(reader, true), problems: reader.problems };
}

describe('how AgentCore is told who calls', () => {
  it('is by AWS credentials unless something else is said', () => {
    expect(read({}).agent.auth).toBe('iam');
    expect(read({ AGENT_AUTH: 'jwt' })).toMatchObject({ agent: { auth: 'jwt' }, problems: [] });
  });

  it('can be by people’s tokens only where people sign in', () => {
    const problems = (auth: 'iam' | 'jwt', mode: 'required' | 'off') => {
      const reader = createReader({});
      checkAuth(reader, auth, mode);
      return reader.problems;
    };
    expect(problems('jwt', 'off')).toEqual([expect.stringContaining('Set IDENTITY_MODE=required')]);
    expect(problems('jwt', 'required')).toEqual([]);
    expect(problems('iam', 'off')).toEqual([]);
    expect(problems('iam', 'required')).toEqual([]);
  });
});

describe('where people’s tokens are sent', () => {
  const SDK = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  const SERVICE = { AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: 'http://127.0.0.1:2' };
  const OWN = { AGENT_RUNTIME_ENDPOINT: 'https://vpce-1.bedrock-agentcore.us-east-2.vpce.amazonaws.com' };

  it.each<[string, Environment, string | undefined]>([
    ['AWS itself', {}, undefined],
    ['where the AWS SDK is sent', SDK, 'http://127.0.0.1:1'],
    ['where the SDK is sent for this service', { ...SDK, ...SERVICE }, 'http://127.0.0.1:2'],
    ['the endpoint that is named for it', { ...SDK, ...SERVICE, ...OWN }, OWN.AGENT_RUNTIME_ENDPOINT],
  ])('is %s', (_where, env, expected) => {
    const { agent, problems } = read({ AGENT_AUTH: 'jwt', ...env });
    expect(problems).toEqual([]);
    expect(agent.jwtEndpoint).toBe(expected);
  });

  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', 'AGENT_RUNTIME_ENDPOINT'])(
    'is never a place that %s reaches in clear',
    (name) => {
      const { problems } = read({ AGENT_AUTH: 'jwt', [name]: 'http://aws.example.com' });
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} must be an https://`))]);
    },
  );

  it('does not concern the AWS SDK, which reads its variables itself', () => {
    const { agent, problems } = read({ AWS_ENDPOINT_URL: 'http://aws.example.com' });
    expect(problems).toEqual([]);
    expect(agent.jwtEndpoint).toBeUndefined();
  });
});
