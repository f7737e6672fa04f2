import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AgentApp } from '../../../agent-runtime/agent-app.ts';
import { ask, startAgent, textOf } from './agent-client.ts';
import { type AwsAccount, startAwsAccount } from './aws-account.ts';

let account: AwsAccount;
let app: AgentApp;
let turn = 0;

beforeAll(async () => {
  account = await startAwsAccount();
});
afterAll(() => account.close());
beforeEach(async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', account.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  account.seen.length = 0;
  account.failure = undefined;
  app = await startAgent({ S3_FORCE_PATH_STYLE: '1' });
});
afterEach(() => app.stop());

const question = (prompt: string) => {
  turn += 1;
  return ask(app.port, { turnId: `turn-${turn}`, prompt });
};

describe('the cloud engineer with the offline model', () => {
  test('counts running EC2 instances over all pages and shows them in a table', async () => {
    const events = await question('how many EC2 instances are running?');
    const text = textOf(events);
    expect(text).toMatch(/^4 EC2 instances are running in us-east-2\.\n\n\| Name \| Instance \|/);
    for (const name of ['web-1', 'web-2', 'db-1', 'db-2']) expect(text).toContain(`| ${name} | i-`);
    expect(text).not.toContain('old');
    expect(account.seen).toEqual(['ec2 running', 'ec2 running']);
    expect(events.filter((event) => event.type === 'tool')).toMatchObject([
      {
        name: 'list_ec2_instances',
        title: 'Listing running EC2 instances',
        effect: 'read',
        state: 'started',
      },
      { name: 'list_ec2_instances', state: 'finished' },
    ]);
    expect(text.match(/Offline model/g)).toHaveLength(1);
  });

  test('understands a follow-up and says only once that it is offline', async () => {
    await question('how many EC2 instances are running?');
    const text = textOf(await question('and how many are stopped?'));
    expect(text).toMatch(/^1 EC2 instance is stopped in us-east-2\./);
    expect(text).toContain('| batch\\|1 |');
    expect(text).not.toContain('Offline model');
  });

  test('sums up all states, narrows by tag, and says none when there is none', async () => {
    expect(textOf(await question('list my instances'))).toMatch(
      /^There are 6 EC2 instances in us-east-2: 4 running, 1 stopped, 1 terminated\./,
    );
    expect(textOf(await question('which running servers are tagged team=web?'))).toMatch(
      /^2 EC2 instances are/,
    );
    expect(textOf(await question('are any instances pending?'))).toMatch(/^No EC2 instances are pending/);
  });

  test('describes one instance by its id', async () => {
    const text = textOf(await question('describe i-00000000000000004 please'));
    expect(text).toMatch(/^Details of db-1, i-00000000000000004:/);
    expect(text).toContain('| Tags | Name=db-1, team=data |');
  });

  test('says so when AWS has no such instance', async () => {
    expect(textOf(await question('describe i-0000000000000ffff'))).toContain(
      'AWS does not know what was asked for in ec2:DescribeInstances (InvalidInstanceID.NotFound).',
    );
  });

  test('lists buckets and functions, two questions in one', async () => {
    const text = textOf(await question('which buckets and lambda functions do we have?'));
    expect(text).toContain('The account has 2 S3 buckets.');
    expect(text).toContain('There are 2 Lambda functions in us-east-2.');
    expect(text).toContain('| resize | nodejs22.x | 256 MB | 2026-03-04 |');
  });

  test('describes a function without the values of its environment', async () => {
    const events = await question('describe the function ingest');
    expect(textOf(events)).toContain('| Environment names | DB_PASSWORD |');
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });

  test.each([
    [403, 'UnauthorizedOperation', 'AWS does not allow ec2:DescribeInstances (UnauthorizedOperation).'],
    [401, 'AuthFailure', 'AWS does not allow ec2:DescribeInstances (AuthFailure).'],
    [400, 'InvalidParameterValue', 'ec2:DescribeInstances failed (InvalidParameterValue, HTTP 400).'],
  ])('explains a refusal of AWS (%i %s) and repeats none of its words', async (status, code, message) => {
    account.failure = { status, code };
    const events = await question('how many instances are running?');
    expect(textOf(events)).toContain(`I could not find that out. ${message}`);
    expect(events.find((event) => event.type === 'tool' && event.state === 'failed')).toMatchObject({
      detail: expect.stringContaining(message),
    });
    expect(JSON.stringify(events)).not.toContain('secret words');
    expect(events.at(-1)).toMatchObject({ type: 'end', stop: 'end' });
  });
});
