// Imported on first use. Naming what is used lets the bundle leave out the other operations.
export {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
