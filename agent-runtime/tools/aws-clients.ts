import type { EC2Client } from '@aws-sdk/client-ec2';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';

/** One client per service, loaded when first needed: the packages cost tens of megabytes and half a second. */
export interface AwsClients {
  readonly region: string;
  ec2(): Promise<EC2Client>;
  s3(): Promise<S3Client>;
  lambda(): Promise<LambdaClient>;
}

/** `AWS_ENDPOINT_URL…`, profiles and credentials are read by the SDK itself. */
export function createAwsClients(options: {
  readonly region: string;
  readonly s3ForcePathStyle: boolean;
}): AwsClients {
  const common = {
    region: options.region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000 },
  };
  return {
    region: options.region,
    ec2: once(async () => {
      const { EC2Client } = await import('./load-ec2.ts');
      return new EC2Client(common);
    }),
    s3: once(async () => {
      const { S3Client } = await import('./load-s3.ts');
      return new S3Client({ ...common, forcePathStyle: options.s3ForcePathStyle });
    }),
    lambda: once(async () => {
      const { LambdaClient } = await import('./load-lambda.ts');
      return new LambdaClient(common);
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
