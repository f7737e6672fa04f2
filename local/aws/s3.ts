import { createHash } from 'node:crypto';
import type { Account, Bucket, StoredObject } from './account-types.ts';
import type { Answer, Api, AwsRequest } from './api.ts';
import { awsError } from './aws-error.ts';
import { cutPage } from './paging.ts';
import { toXml, type XmlObject } from './xml.ts';

/** S3, API version 2006-03-01: what is in the account and in its buckets. Objects have sizes but no content. */

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function createS3Api(account: Account): Api {
  function bucketOf(request: AwsRequest): Bucket {
    const name = addressOf(request).bucket ?? '';
    const found = account.buckets.find((bucket) => bucket.name === name);
    if (!found) throw awsError(404, 'NoSuchBucket', `There is no bucket ${name}`, { BucketName: name });
    return found;
  }

  function listBuckets({ query }: AwsRequest): XmlObject {
    const prefix = query.get('prefix') ?? '';
    const wantedRegion = query.get('bucket-region') ?? account.region;
    const found = account.buckets.filter(
      (bucket) => bucket.name.startsWith(prefix) && wantedRegion === account.region,
    );
    const page = pageOf(found, query, 'max-buckets', 10_000);
    const write = ({ name, createdAt }: Bucket) => ({
      Name: name,
      CreationDate: createdAt,
      BucketRegion: account.region,
    });
    return {
      Owner: { ID: createHash('sha256').update(account.accountId).digest('hex') },
      Buckets: { Bucket: page.items.map(write) },
      Prefix: prefix || undefined,
      ContinuationToken: page.next,
    };
  }

  const operations: Readonly<Record<string, (request: AwsRequest) => Answer>> = {
    ListBuckets: (request) => xml('ListAllMyBucketsResult', listBuckets(request)),
    GetBucketLocation: (request) => {
      bucketOf(request);
      // The oldest region has no name here. The one value is text of the root itself.
      const location = account.region === 'us-east-1' ? '' : account.region;
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="${NAMESPACE}">${location}</LocationConstraint>`;
      return { ...xml('LocationConstraint', {}), body };
    },
    GetBucketTagging: (request) => {
      const { name, tags } = bucketOf(request);
      if (tags.length === 0) {
        throw awsError(404, 'NoSuchTagSet', `Bucket ${name} has no tags`, { BucketName: name });
      }
      const set = tags.map((tag) => ({ Key: tag.key, Value: tag.value }));
      return xml('Tagging', { TagSet: { Tag: set } });
    },
    HeadBucket: (request) => {
      bucketOf(request);
      return { status: 200, headers: { 'x-amz-bucket-region': account.region }, body: '' };
    },
    ListObjectsV2: (request) => xml('ListBucketResult', listObjects(bucketOf(request), request.query)),
  };

  return {
    name: 's3',
    anyRegion: true,
    internalError: 'InternalError',
    refusals: {
      missing: [403, 'AccessDenied'],
      bearer: [403, 'AccessDenied'],
      malformed: [400, 'AuthorizationHeaderMalformed'],
      scope: [400, 'AuthorizationHeaderMalformed'],
      unknown_key: [403, 'InvalidAccessKeyId'],
      skewed: [403, 'RequestTimeTooSkewed'],
      mismatch: [403, 'SignatureDoesNotMatch'],
    },
    operationOf(request) {
      const { bucket, key } = addressOf(request);
      const { method, query } = request;
      if (method === 'GET' && bucket === undefined) return 'ListBuckets';
      if (key === '' && method === 'HEAD') return 'HeadBucket';
      if (key === '' && method === 'GET') {
        if (query.has('location')) return 'GetBucketLocation';
        if (query.has('tagging')) return 'GetBucketTagging';
        if (query.get('list-type') === '2') return 'ListObjectsV2';
      }
      return `${method} ${query.get('x-id') ?? (key === '' ? 'bucket' : 'object')}`;
    },
    answer(operation, request) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run) return run(request);
      const has = Object.keys(operations).join(', ');
      throw awsError(
        405,
        'MethodNotAllowed',
        `This stand-in has no S3 operation for ${operation}; it has ${has}`,
      );
    },
    fail(error, requestId) {
      const value = { Code: error.code, Message: error.message, ...error.fields, RequestId: requestId };
      return {
        status: error.status,
        headers: { 'content-type': 'application/xml' },
        body: toXml('Error', value as XmlObject),
      };
    },
  };
}

/** Bucket and key from the path, or the bucket from a host like `name.localhost`. */
export function addressOf(request: Pick<AwsRequest, 'headers' | 'segments'>): {
  readonly bucket: string | undefined;
  readonly key: string;
} {
  const match = /^([a-z0-9][a-z0-9.-]*)\.localhost(:\d+)?$/.exec(request.headers.host ?? '');
  if (match) return { bucket: match[1], key: request.segments.join('/') };
  const [bucket, ...key] = request.segments;
  return { bucket, key: key.join('/') };
}

function listObjects(bucket: Bucket, query: URLSearchParams): XmlObject {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = query.get('start-after') ?? '';
  const write = query.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
  const found = bucket.objects
    .filter((object) => object.key.startsWith(prefix) && object.key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const entries = rollUp(found, prefix, delimiter);
  const page = pageOf(entries, query, 'max-keys', 1_000);
  const objects = page.items.flatMap((entry) => (typeof entry === 'string' ? [] : [entry]));
  const folders = page.items.flatMap((entry) => (typeof entry === 'string' ? [entry] : []));
  return {
    Name: bucket.name,
    Prefix: write(prefix),
    Delimiter: delimiter === '' ? undefined : write(delimiter),
    StartAfter: after === '' ? undefined : write(after),
    EncodingType: query.get('encoding-type') ?? undefined,
    ContinuationToken: query.get('continuation-token') ?? undefined,
    MaxKeys: Number(query.get('max-keys') ?? 1_000),
    KeyCount: page.items.length,
    IsTruncated: page.next !== undefined,
    NextContinuationToken: page.next,
    Contents: objects.map((object) => ({
      Key: write(object.key),
      LastModified: object.modifiedAt,
      ETag: `"${createHash('md5').update(object.key).digest('hex')}"`,
      Size: object.bytes,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: folders.map((folder) => ({ Prefix: write(folder) })),
  };
}

/** Keys that share what comes before the next delimiter become one entry, a string. */
function rollUp(
  objects: readonly StoredObject[],
  prefix: string,
  delimiter: string,
): (StoredObject | string)[] {
  if (delimiter === '') return [...objects];
  const entries = objects.map((object) => {
    const end = object.key.indexOf(delimiter, prefix.length);
    return end < 0 ? object : object.key.slice(0, end + delimiter.length);
  });
  return [...new Set(entries)];
}

function pageOf<T>(items: readonly T[], query: URLSearchParams, sizeName: string, max: number) {
  const size = Number(query.get(sizeName) ?? max);
  const page = cutPage(items, Math.min(size, max), query.get('continuation-token') ?? undefined);
  if (!page || !Number.isInteger(size) || size < 1) {
    const name = page ? sizeName : 'continuation-token';
    throw awsError(400, 'InvalidArgument', `The value of ${name} is not valid`, { ArgumentName: name });
  }
  return page;
}

function xml(root: string, value: XmlObject): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: toXml(root, value, NAMESPACE) };
}
