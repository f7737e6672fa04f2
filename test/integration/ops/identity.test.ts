import {
  BedrockAgentCoreControlClient,
  GetWorkloadIdentityCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { expect, onTestFinished, test } from 'vitest';
import { KEYS, startStandIn } from '../local/aws/start.ts';
import { createDesk, json } from './accounts.ts';

async function agentDesk(dotEnv?: string) {
  const aws = await startStandIn({ credentials: KEYS });
  const desk = await createDesk({ AWS_ENDPOINT_URL: aws.url }, dotEnv);
  const { url: endpoint, region } = aws;
  const control = new BedrockAgentCoreControlClient({ endpoint, region, credentials: KEYS });
  onTestFinished(() => control.destroy());
  return {
    ...desk,
    aws,
    get: (name: string) => control.send(new GetWorkloadIdentityCommand({ name })),
    changesAsked: () => {
      const asked = aws.calls.splice(0).map(({ operation }) => operation);
      return asked.filter((operation) => !operation.startsWith('Get'));
    },
  };
}

test('identity create makes the workload identity once, and notes its name and ARN', async () => {
  const desk = await agentDesk('KEEP=1\nWORKLOAD_IDENTITY_NAME=old\n');
  const planned = json(await desk.run('identity create --name our.agent_1 --dry-run --json'));
  expect(planned).toMatchObject({ dryRun: true, changes: [{ action: 'create' }, { action: 'write' }] });
  expect(desk.changesAsked()).toEqual([]);
  expect(await desk.text()).toBe('KEEP=1\nWORKLOAD_IDENTITY_NAME=old\n');

  expect(await desk.run('identity create --name our.agent_1')).toMatchObject({ code: 0, err: '' });
  expect(desk.changesAsked()).toEqual(['CreateWorkloadIdentity']);
  const made = await desk.get('our.agent_1');
  expect(made.allowedResourceOauth2ReturnUrls).toEqual(['http://127.0.0.1:1/link/resource']);
  expect(await desk.variables()).toEqual({
    KEEP: '1',
    WORKLOAD_IDENTITY_NAME: 'our.agent_1',
    WORKLOAD_IDENTITY_ARN: made.workloadIdentityArn,
  });
  expect([await desk.mode(), (await desk.backups()).length]).toEqual(['600', 1]);
  desk.changesAsked();
  // The name is taken from the file now.
  expect((await desk.run('identity create')).out).toMatch(/^Nothing to do: it is there\.\nour\.agent_1 /);
  expect([desk.changesAsked(), (await desk.backups()).length]).toEqual([[], 1]);
});

test('identity create gives an identity that is there the addresses that are wanted', async () => {
  const desk = await agentDesk();
  await desk.run('identity create');
  const words = 'identity create --return-url https://bot.example/link/resource';
  expect((await desk.run(words, { env: { PUBLIC_URL: '' } })).code).toBe(0);
  expect((await desk.get('threadcore')).allowedResourceOauth2ReturnUrls).toEqual([
    'https://bot.example/link/resource',
  ]);
  // Nothing wanted is no reason to take something away.
  desk.changesAsked();
  await desk.run('identity create', { env: { PUBLIC_URL: '' } });
  expect(desk.changesAsked()).toEqual([]);
});

test('identity create says what is wrong', async () => {
  const desk = await agentDesk();
  const complaint = async (words: string) => (await desk.run(`identity create ${words}`)).err;
  expect(await complaint('--name x')).toContain('x is no name for a workload identity');
  expect(await complaint('--return-url nonsense')).toContain('nonsense is no address');
  desk.aws.faults.push({
    operation: 'CreateWorkloadIdentity',
    kind: 'error',
    times: 1,
    name: 'AccessDeniedException',
    status: 403,
  });
  expect(await complaint('')).toContain('bedrock-agentcore:CreateWorkloadIdentity');
  expect(await desk.files()).toEqual([]);
});
