import { expect, it } from 'vitest';
import { loadOpsConfig } from '../../../src/config.ts';

it('operators’ commands know after how many days sessions are archived, as the processes that serve do', () => {
  const env = { REDIS_URL: 'redis://127.0.0.1:6379' };
  expect(loadOpsConfig({ ...env, SESSION_ARCHIVE_DAYS: '7' }).sessions.archiveDays).toBe(7);
  expect(loadOpsConfig(env).sessions.archiveDays).toBe(90);
});
