import type { Account } from './account-types.ts';
import type { Api } from './api.ts';
import { createEc2Api } from './ec2.ts';
import { createLambdaApi } from './lambda.ts';
import { createRdsApi } from './rds.ts';
import { createS3Api } from './s3.ts';
import { createStsApi } from './sts.ts';

/** The APIs through which an agent looks at the account. All of them read only. */
export function createAccountApis(account: Account): Api[] {
  return [createEc2Api, createS3Api, createLambdaApi, createStsApi, createRdsApi].map((create) =>
    create(account),
  );
}
