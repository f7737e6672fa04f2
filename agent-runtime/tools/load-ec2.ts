// Imported on first use. Naming what is used lets the bundle leave out the hundreds of other operations.
export { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
