import type { AwsClients } from './aws-clients.ts';
import type { CataloguedTool } from './catalogue.ts';
import { createDescribeEc2Instance } from './describe-ec2-instance.ts';
import { createDescribeLambdaFunction } from './describe-lambda-function.ts';
import { createListEc2Instances } from './list-ec2-instances.ts';
import { createListLambdaFunctions } from './list-lambda-functions.ts';
import { createListS3Buckets } from './list-s3-buckets.ts';

/** The tools of the cloud engineer. A new tool is one file and one line here. */
export function createAwsTools(aws: AwsClients): readonly CataloguedTool[] {
  return [
    createListEc2Instances(aws),
    createDescribeEc2Instance(aws),
    createListS3Buckets(aws),
    createListLambdaFunctions(aws),
    createDescribeLambdaFunction(aws),
  ];
}
