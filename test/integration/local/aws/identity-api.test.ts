import {
  BedrockAgentCoreControlClient,
  CreateWorkloadIdentityCommand,
  GetWorkloadIdentityCommand,
  ListWorkloadIdentitiesCommand,
  UpdateWorkloadIdentityCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { expect, onTestFinished, test } from 'vitest';
import { KEYS, raw, startStandIn } from './start.ts';

async function startControl() {
  const standIn = await startStandIn({ credentials: KEYS });
  const { url: endpoint, region } = standIn;
  const control = new BedrockAgentCoreControlClient({ endpoint, region, credentials: KEYS, maxAttempts: 1 });
  onTestFinished(() => control.destroy());
  return { standIn, control };
}

test('a workload identity is made, told, changed and listed', async () => {
  const { control, standIn } = await startControl();
  const allowedResourceOauth2ReturnUrls = ['https://bot.example/back', 'app:back'];
  const name = 'our.agent_1';
  const made = await control.send(
    new CreateWorkloadIdentityCommand({ name, allowedResourceOauth2ReturnUrls }),
  );
  const workloadIdentityArn = `arn:aws:bedrock-agentcore:us-east-2:${standIn.accountId}:workload-identity-directory/default/workload-identity/${name}`;
  expect(made).toMatchObject({ name, workloadIdentityArn, allowedResourceOauth2ReturnUrls });
  expect(made.$metadata.httpStatusCode).toBe(201);
  const told = await control.send(new GetWorkloadIdentityCommand({ name }));
  expect(told).toMatchObject({
    name,
    workloadIdentityArn,
    allowedResourceOauth2ReturnUrls,
    createdTime: expect.any(Date),
  });
  const urls = ['https://bot.example/other'];
  await control.send(new UpdateWorkloadIdentityCommand({ name, allowedResourceOauth2ReturnUrls: urls }));
  const changed = await control.send(new GetWorkloadIdentityCommand({ name }));
  expect(changed.allowedResourceOauth2ReturnUrls).toEqual(urls);
  await control.send(new CreateWorkloadIdentityCommand({ name: 'second' }));
  const first = await control.send(new ListWorkloadIdentitiesCommand({ maxResults: 1 }));
  expect(first.workloadIdentities).toEqual([{ name, workloadIdentityArn }]);
  const rest = await control.send(new ListWorkloadIdentitiesCommand({ nextToken: first.nextToken }));
  expect(rest.workloadIdentities?.map((each) => each.name)).toEqual(['second']);
  expect(standIn.calls.map(({ service, operation }) => [service, operation])[0]).toEqual([
    'bedrock-agentcore',
    'CreateWorkloadIdentity',
  ]);
});

test('what the service refuses is refused, by its names', async () => {
  const { control, standIn } = await startControl();
  const name = 'our-agent';
  await control.send(new CreateWorkloadIdentityCommand({ name }));
  const refused: readonly (readonly [Promise<unknown>, string, RegExp])[] = [
    [control.send(new CreateWorkloadIdentityCommand({ name })), 'ValidationException', /already exists/],
    [control.send(new CreateWorkloadIdentityCommand({ name: 'ab' })), 'ValidationException', /name/],
    [
      control.send(new CreateWorkloadIdentityCommand({ name: 'a'.repeat(256) })),
      'ValidationException',
      /name/,
    ],
    [control.send(new CreateWorkloadIdentityCommand({ name: 'with space' })), 'ValidationException', /name/],
    [
      control.send(
        new UpdateWorkloadIdentityCommand({ name, allowedResourceOauth2ReturnUrls: ['nonsense'] }),
      ),
      'ValidationException',
      /allowedResourceOauth2ReturnUrls\.0/,
    ],
    [control.send(new GetWorkloadIdentityCommand({ name: 'nobody' })), 'ResourceNotFoundException', /nobody/],
    [
      control.send(new UpdateWorkloadIdentityCommand({ name: 'nobody' })),
      'ResourceNotFoundException',
      /nobody/,
    ],
    [
      control.send(new ListWorkloadIdentitiesCommand({ maxResults: 21 })),
      'ValidationException',
      /maxResults/,
    ],
    [
      control.send(new ListWorkloadIdentitiesCommand({ nextToken: 'mine' })),
      'ValidationException',
      /nextToken/,
    ],
  ];
  // All at once, because they may be answered in any order.
  await Promise.all(
    refused.map(([call, errorName, message]) =>
      expect(call).rejects.toThrow(
        expect.objectContaining({ name: errorName, message: expect.stringMatching(message) }),
      ),
    ),
  );
  const unsigned = await raw(`${standIn.url}/identities/GetWorkloadIdentity`, { body: '{}' });
  expect(unsigned.status).toBeGreaterThanOrEqual(400);
});
