import { describe, expect, test } from 'vitest';
import { DEFAULT_BEDROCK_MODEL, readEnvironment } from '../../../agent-runtime/environment.ts';

describe('the environment of the agent', () => {
  test('has a default for everything: Bedrock, port 8080, all interfaces, us-east-2', () => {
    expect(readEnvironment({})).toEqual({
      port: 8080,
      host: '0.0.0.0',
      logLevel: 'info',
      exitWithParent: false,
      region: 'us-east-2',
      s3ForcePathStyle: false,
      model: { provider: 'bedrock', modelId: DEFAULT_BEDROCK_MODEL, region: 'us-east-2' },
      maxCycles: 25,
      maxBodyBytes: 20_000_000,
    });
  });

  test('treats an empty value as not given', () => {
    expect(readEnvironment({ PORT: '', MODEL_ID: '', EXIT_WITH_PARENT: '' }).port).toBe(8080);
  });

  test('takes a local OpenAI-compatible server without a key', () => {
    const { model } = readEnvironment({
      MODEL_PROVIDER: 'openai',
      MODEL_ID: 'llama3',
      OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1',
    });
    expect(model).toEqual({
      provider: 'openai',
      modelId: 'llama3',
      baseUrl: 'http://127.0.0.1:11434/v1',
      apiKey: undefined,
    });
  });

  test('names all problems at once and repeats no value', () => {
    const read = () =>
      readEnvironment({
        PORT: '99999',
        MODEL_PROVIDER: 'openai',
        MAX_AGENT_CYCLES: 'many',
        LOG_LEVEL: 'loud',
      });
    for (const name of ['PORT', 'MAX_AGENT_CYCLES', 'LOG_LEVEL', 'MODEL_ID', 'OPENAI_BASE_URL']) {
      expect(read).toThrow(new RegExp(`^  ${name}: `, 'm'));
    }
    expect(read).not.toThrow(/99999|loud/);
  });
});
