import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
  type EC2ClientConfig,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import {
  GetFunctionCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListLayersCommand,
} from '@aws-sdk/client-lambda';
import {
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AwsStandIn } from '../../../../local/aws/stand-in.ts';
import { formOnly, KEYS, raw, startStandIn } from './start.ts';

/** Started with the keys, so that every request here is also a check of its signature. */
const start = () => startStandIn({ credentials: KEYS });

function client<T extends { destroy(): void }>(
  Client: new (config: Pick<EC2ClientConfig, 'endpoint' | 'region' | 'credentials' | 'maxAttempts'>) => T,
  standIn: AwsStandIn,
  region = standIn.region,
): T {
  const made = new Client({ endpoint: standIn.url, region, credentials: KEYS, maxAttempts: 1 });
  onTestFinished(() => made.destroy());
  return made;
}

async function instanceNames(ec2: EC2Client, input: DescribeInstancesCommandInput) {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(input));
  return Reservations.flatMap(({ Instances = [] }) =>
    Instances.map(({ Tags = [] }) => Tags.find((tag) => tag.Key === 'Name')?.Value),
  );
}

test('EC2 describes seven instances, of which four run', async () => {
  const ec2 = client(EC2Client, await start());
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const instances = Reservations.flatMap((reservation) => reservation.Instances ?? []);
  const count = (state: string) => instances.filter((instance) => instance.State?.Name === state).length;
  expect([count('running'), count('stopped'), count('terminated')]).toEqual([4, 2, 1]);
  expect(new Set(instances.map((instance) => instance.InstanceId)).size).toBe(7);
  expect(instances[0]).toMatchObject({
    InstanceId: 'i-0a1b2c3d4e5f60001',
    InstanceType: 't3.medium',
    State: { Code: 16, Name: 'running' },
    LaunchTime: new Date('2025-09-02T06:30:00.000Z'),
    PrivateIpAddress: '10.20.1.11',
    Placement: { AvailabilityZone: 'us-east-2a' },
    SecurityGroups: [{ GroupName: 'web' }],
    Tags: [
      { Key: 'Name', Value: 'web-1' },
      { Key: 'Environment', Value: 'production' },
      { Key: 'Team', Value: 'storefront' },
    ],
  });
});

test('EC2 filters instances by state, tag, wildcard and id, all at once', async () => {
  const ec2 = client(EC2Client, await start());
  const by = (...filters: [name: string, ...values: string[]][]) =>
    instanceNames(ec2, { Filters: filters.map(([Name, ...Values]) => ({ Name, Values })) });
  expect(await by(['instance-state-name', 'running'])).toEqual(['web-1', 'web-2', 'api-1', 'bastion']);
  expect(await by(['instance-state-name', 'stopped', 'terminated'])).toEqual([
    'batch-staging',
    'sandbox',
    'web-0',
  ]);
  expect(await by(['tag:Team', 'platform'], ['instance-state-name', 'running'])).toEqual([
    'api-1',
    'bastion',
  ]);
  expect(await by(['tag:Name', 'web-?'])).toEqual(['web-1', 'web-2', 'web-0']);
  expect(await by(['tag:Name', 'WEB-*'])).toEqual([]);
  expect(await by(['tag-key', 'Environment'], ['instance-type', 't3.*'])).toHaveLength(4);
  expect(await instanceNames(ec2, { InstanceIds: ['i-0a1b2c3d4e5f60003'] })).toEqual(['api-1']);
});

test('EC2 refuses unknown filters, ids and actions with the codes of AWS', async () => {
  const ec2 = client(EC2Client, await start());
  const code = async (input: DescribeInstancesCommandInput) =>
    ec2.send(new DescribeInstancesCommand(input)).then(
      () => 'accepted',
      (error: { name: string }) => error.name,
    );
  expect(await code({ Filters: [{ Name: 'colour', Values: ['red'] }] })).toBe('InvalidParameterValue');
  expect(await code({ InstanceIds: ['i-1'] })).toBe('InvalidInstanceID.Malformed');
  expect(await code({ InstanceIds: ['i-0a1b2c3d4e5f6ffff'] })).toBe('InvalidInstanceID.NotFound');
  expect(await code({ MaxResults: 4 })).toBe('InvalidParameterValue');
  expect(await code({ NextToken: 'made up' })).toBe('InvalidNextToken');
  expect(await code({ InstanceIds: ['i-0a1b2c3d4e5f60001'], MaxResults: 5 })).toBe(
    'InvalidParameterCombination',
  );
  await expect(ec2.send(new DescribeSnapshotsCommand())).rejects.toMatchObject({ name: 'InvalidAction' });
});

test('EC2 gives instances page by page', async () => {
  const ec2 = client(EC2Client, await start());
  const sizes: (number | undefined)[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 5 }, {})) {
    sizes.push(page.Reservations?.length);
  }
  expect(sizes).toEqual([5, 2]);
});

test('EC2 describes regions, volumes, networks and security groups', async () => {
  const standIn = await start();
  const ec2 = client(EC2Client, standIn);
  const { Regions = [] } = await ec2.send(new DescribeRegionsCommand());
  expect(Regions.map((region) => region.RegionName)).toContain('us-east-2');
  const available = { Filters: [{ Name: 'status', Values: ['available'] }] };
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand(available));
  expect(Volumes).toMatchObject([{ Size: 500, VolumeType: 'gp2', Encrypted: false, State: 'available' }]);
  expect((await ec2.send(new DescribeVolumesCommand())).Volumes).toHaveLength(7);
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand());
  expect(Vpcs.map((vpc) => [vpc.CidrBlock, vpc.IsDefault])).toEqual([
    ['10.20.0.0/16', false],
    ['172.31.0.0/16', true],
  ]);
  const ssh = { Filters: [{ Name: 'ip-permission.from-port', Values: ['22'] }] };
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand(ssh));
  expect(SecurityGroups).toMatchObject([
    { GroupName: 'bastion', IpPermissions: [{ FromPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] },
  ]);
  const missing = ec2.send(new DescribeVolumesCommand({ VolumeIds: ['vol-1'] }));
  await expect(missing).rejects.toMatchObject({ name: 'InvalidVolume.NotFound' });
});

test('other regions are there and empty', async () => {
  const standIn = await start();
  expect(await instanceNames(client(EC2Client, standIn, 'eu-west-1'), {})).toEqual([]);
  const { Functions } = await client(LambdaClient, standIn, 'eu-west-1').send(new ListFunctionsCommand());
  expect(Functions).toEqual([]);
});

test.each([true, false])(
  'S3 lists buckets, their place and their tags (path style: %s)',
  async (forcePathStyle) => {
    const standIn = await start();
    const s3 = new S3Client({
      endpoint: standIn.url,
      region: standIn.region,
      credentials: KEYS,
      forcePathStyle,
    });
    onTestFinished(() => s3.destroy());
    const { Buckets = [] } = await s3.send(new ListBucketsCommand());
    expect(Buckets.map((bucket) => bucket.Name)).toEqual([
      'lantern-shop-assets',
      'lantern-app-logs',
      'lantern-data-lake',
      'lantern-backups',
      'lantern-scratch',
    ]);
    expect(Buckets[0]?.CreationDate).toEqual(new Date('2024-10-01T09:00:00.000Z'));
    const Bucket = 'lantern-app-logs';
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint).toBe('us-east-2');
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket }));
    expect(TagSet).toContainEqual({ Key: 'Team', Value: 'platform' });
    expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-2');
    const untagged = s3.send(new GetBucketTaggingCommand({ Bucket: 'lantern-scratch' }));
    await expect(untagged).rejects.toMatchObject({ name: 'NoSuchTagSet' });
  },
);

test('S3 finds the bucket in the host name as well', async () => {
  const standIn = await startStandIn();
  const port = new URL(standIn.url).port;
  const answer = await raw(`${standIn.url}/?location`, {
    method: 'GET',
    headers: { host: `lantern-backups.localhost:${port}`, authorization: formOnly('s3') },
  });
  expect(answer.text).toContain('>us-east-2</LocationConstraint>');
});

test('S3 lists objects with prefix, folders and pages', async () => {
  const s3 = client(S3Client, await start());
  const Bucket = 'lantern-app-logs';
  const folders = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
  expect(folders.CommonPrefixes).toEqual([{ Prefix: 'api/' }, { Prefix: 'web/' }]);
  expect(folders).toMatchObject({ KeyCount: 2, IsTruncated: false });
  const inFolder = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'web/' }));
  expect(inFolder.Contents).toMatchObject([{ Key: 'web/2025/09/02.log.gz', Size: 9_437_184 }]);
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket })) {
    pages.push((page.Contents ?? []).map((object) => object.Key));
  }
  expect(pages).toEqual([['api/2025/09/01.log.gz', 'api/2025/09/02.log.gz'], ['web/2025/09/02.log.gz']]);
});

test('S3 refuses unknown buckets and what it does not have', async () => {
  const s3 = client(S3Client, await start());
  const unknown = s3.send(new ListObjectsV2Command({ Bucket: 'no-such-bucket' }));
  await expect(unknown).rejects.toMatchObject({ name: 'NoSuchBucket', BucketName: 'no-such-bucket' });
  const object = s3.send(new GetObjectCommand({ Bucket: 'lantern-backups', Key: 'a b/ü' }));
  await expect(object).rejects.toMatchObject({ name: 'MethodNotAllowed' });
});

test('Lambda lists four functions, in pages if asked, and describes one', async () => {
  const lambda = client(LambdaClient, await start());
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand());
  expect(Functions.map((entry) => [entry.FunctionName, entry.Runtime])).toEqual([
    ['order-intake', 'nodejs22.x'],
    ['thumbnailer', 'python3.13'],
    ['nightly-report', 'python3.12'],
    ['legacy-webhook', 'nodejs16.x'],
  ]);
  const page = await lambda.send(new ListFunctionsCommand({ MaxItems: 3 }));
  expect(page.Functions).toHaveLength(3);
  const rest = await lambda.send(new ListFunctionsCommand({ Marker: page.NextMarker }));
  expect(rest.Functions).toMatchObject([{ FunctionName: 'legacy-webhook' }]);
  const found = await lambda.send(new GetFunctionCommand({ FunctionName: Functions[0]?.FunctionArn }));
  expect(found).toMatchObject({
    Configuration: { Timeout: 15, MemorySize: 512 },
    Tags: { Team: 'platform' },
  });
  const missing = lambda.send(new GetFunctionCommand({ FunctionName: 'nobody' }));
  await expect(missing).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: expect.stringContaining('function:nobody'),
  });
  await expect(lambda.send(new ListLayersCommand())).rejects.toMatchObject({
    name: 'UnknownOperationException',
  });
});

test('clients find the stand-in by environment variables alone', async () => {
  const standIn = await start();
  vi.stubEnv('AWS_ENDPOINT_URL', standIn.url);
  vi.stubEnv('AWS_REGION', standIn.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', KEYS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEYS.secretAccessKey);
  const [ec2, s3] = [new EC2Client(), new S3Client()];
  onTestFinished(() => {
    ec2.destroy();
    s3.destroy();
  });
  expect(await instanceNames(ec2, {})).toHaveLength(7);
  expect((await s3.send(new ListBucketsCommand())).Buckets).toHaveLength(5);
  expect(standIn.calls.map((call) => [call.service, call.operation])).toEqual([
    ['ec2', 'DescribeInstances'],
    ['s3', 'ListBuckets'],
  ]);
});

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test('STS says who the caller is', async () => {
  const standIn = await startStandIn();
  const headers = { ...FORM, authorization: formOnly('sts') };
  const call = (body: string) => raw(standIn.url, { headers, body });
  const answer = await call('Action=GetCallerIdentity&Version=2011-06-15');
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('<Account>123456789012</Account>');
  const other = await call('Action=AssumeRole&Version=2011-06-15');
  expect(other.status).toBe(400);
  expect(other.text).toContain('<Code>InvalidAction</Code>');
});

test('RDS describes two databases', async () => {
  const standIn = await startStandIn();
  const headers = { ...FORM, authorization: formOnly('rds') };
  const call = (rest: string) =>
    raw(standIn.url, { headers, body: `Action=DescribeDBInstances&Version=2014-10-31${rest}` });
  const names = async (rest: string) =>
    [...(await call(rest)).text.matchAll(/<DBInstanceIdentifier>(.*?)</g)].map((match) => match[1]);
  expect(await names('')).toEqual(['orders-production', 'reports-staging']);
  expect(await names('&Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1=mysql')).toEqual([
    'reports-staging',
  ]);
  const missing = await call('&DBInstanceIdentifier=nobody');
  expect([missing.status, missing.text]).toEqual([
    404,
    expect.stringContaining('<Code>DBInstanceNotFound</Code>'),
  ]);
});

test.each([
  ['EC2', '/', 'Action=DescribeInstances&Version=2016-11-15', 'MissingAuthenticationToken'],
  ['STS', '/', 'Action=GetCallerIdentity&Version=2011-06-15', 'MissingAuthenticationToken'],
  ['Lambda', '/2015-03-31/functions/', '', 'MissingAuthenticationTokenException'],
  ['S3', '/lantern-backups', '', 'AccessDenied'],
])('%s refuses an unsigned request in its own words', async (_api, path, body, code) => {
  const standIn = await startStandIn();
  const answer = await raw(standIn.url + path, { method: body === '' ? 'GET' : 'POST', headers: FORM, body });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.text + String(answer.headers['x-amzn-errortype'])).toContain(code);
});
