import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';

/** A handful of AWS answers over real HTTP: EC2 (XML), S3 (XML) and Lambda (JSON), with pages and failures. */
export interface AwsAccount {
  readonly url: string;
  /** Requests so far, such as "ec2 running" or "s3". */
  readonly seen: string[];
  /** When set, every answer is this error instead. */
  failure: { status: number; code: string } | undefined;
  close(): Promise<void>;
}

export interface FixtureInstance {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly team?: string;
}

export const INSTANCES: readonly FixtureInstance[] = [
  { id: 'i-00000000000000001', name: 'web-1', state: 'running', team: 'web' },
  { id: 'i-00000000000000002', name: 'web-2', state: 'running', team: 'web' },
  { id: 'i-00000000000000003', name: 'batch|1', state: 'stopped', team: 'data' },
  { id: 'i-00000000000000004', name: 'db-1', state: 'running', team: 'data' },
  { id: 'i-00000000000000005', name: 'old', state: 'terminated' },
  { id: 'i-00000000000000006', name: 'db-2', state: 'running', team: 'data' },
];

const PAGE = 2;

export async function startAwsAccount(): Promise<AwsAccount> {
  const seen: string[] = [];
  const account: AwsAccount = { url: '', seen, failure: undefined, close: async () => undefined };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const path = request.url ?? '/';
    if (account.failure) {
      const { status, code } = account.failure;
      response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-errortype': code });
      response.end(
        `<Response><Errors><Error><Code>${code}</Code><Message>secret words</Message></Error></Errors></Response>`,
      );
      return;
    }
    if (path.startsWith('/2015-03-31/functions')) return lambda(path, response);
    if (request.method === 'GET') {
      seen.push('s3');
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(
        `<ListAllMyBucketsResult><Buckets>${['logs', 'site']
          .map(
            (name) =>
              `<Bucket><Name>${name}</Name><CreationDate>2026-01-02T03:04:05.000Z</CreationDate></Bucket>`,
          )
          .join('')}</Buckets></ListAllMyBucketsResult>`,
      );
      return;
    }
    ec2(new URLSearchParams(body), response);
  }

  function ec2(query: URLSearchParams, response: ServerResponse): void {
    const filters = new Map<string, string>();
    for (let index = 1; query.has(`Filter.${index}.Name`); index += 1) {
      filters.set(query.get(`Filter.${index}.Name`) ?? '', query.get(`Filter.${index}.Value.1`) ?? '');
    }
    const id = query.get('InstanceId.1');
    seen.push(['ec2', ...filters.values(), ...(id ? [id] : [])].join(' '));
    const state = filters.get('instance-state-name');
    const team = filters.get('tag:team');
    const found = INSTANCES.filter(
      (one) => (!state || one.state === state) && (!team || one.team === team) && (!id || one.id === id),
    );
    const from = Number(query.get('NextToken') ?? '0');
    const next = from + PAGE < found.length ? `<nextToken>${from + PAGE}</nextToken>` : '';
    const sets = found
      .slice(from, from + PAGE)
      .map(instanceXml)
      .join('');
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(
      `<DescribeInstancesResponse><reservationSet>${sets}</reservationSet>${next}</DescribeInstancesResponse>`,
    );
  }

  function lambda(path: string, response: ServerResponse): void {
    seen.push('lambda');
    const one = (name: string) => ({
      FunctionName: name,
      Runtime: 'nodejs22.x',
      MemorySize: 256,
      LastModified: '2026-03-04T00:00:00Z',
    });
    const named = /functions\/([^/]+)\/configuration/.exec(path)?.[1];
    const marker = new URL(path, 'http://x').searchParams.get('Marker');
    const body = named
      ? { ...one(named), Timeout: 30, Environment: { Variables: { DB_PASSWORD: 'hunter2' } } }
      : marker
        ? { Functions: [one('resize')] }
        : { Functions: [one('ingest')], NextMarker: 'more' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(account, { url, close });
}

function instanceXml(one: FixtureInstance): string {
  const tags = [
    `<item><key>Name</key><value>${one.name}</value></item>`,
    one.team ? `<item><key>team</key><value>${one.team}</value></item>` : '',
  ].join('');
  return [
    '<item><instancesSet><item>',
    `<instanceId>${one.id}</instanceId><instanceType>t3.micro</instanceType>`,
    `<instanceState><code>16</code><name>${one.state}</name></instanceState>`,
    '<placement><availabilityZone>us-east-2a</availabilityZone></placement>',
    `<tagSet>${tags}</tagSet>`,
    '</item></instancesSet></item>',
  ].join('');
}
