// Imported on first use. Naming what is used lets the bundle leave out the other operations.
export { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
