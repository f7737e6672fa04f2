import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configNames, loadConfig } from '../../../src/config.ts';

const lines = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8').split('\n');
const assignment = /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/;

function assignments(): { name: string; value: string; active: boolean; line: number }[] {
  return lines.flatMap((text, line) => {
    const [, name, value] = assignment.exec(text) ?? [];
    return name === undefined ? [] : [{ name, value: value ?? '', active: !text.startsWith('#'), line }];
  });
}

describe('.env.example', () => {
  it('lists exactly the variables that the configuration reads', () => {
    expect(
      assignments()
        .map((one) => one.name)
        .sort(),
    ).toEqual([...configNames()].sort());
  });

  it('explains each variable in the paragraph it stands in', () => {
    const unexplained = assignments().filter(({ line }) => {
      let above = line - 1;
      while (assignment.test(lines[above] ?? '')) above -= 1;
      return !/^# [A-Za-z].{8}/.test(lines[above] ?? '');
    });
    expect(unexplained).toEqual([]);
  });

  it('shows the true defaults in the lines that are commented out', () => {
    const required = {
      REDIS_URL: 'redis://127.0.0.1',
      SLACK_BOT_TOKEN: 'xoxb-1111-2222',
      SLACK_SIGNING_SECRET: 'sixteen-chars-ok',
      AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/engineer-Ab12Cd34Ef',
      IDENTITY_MODE: 'off',
      GUARDRAIL_MODE: 'off',
    };
    const shown = assignments().filter((one) => !one.active);
    const written = Object.fromEntries(shown.map(({ name, value }) => [name, value]));
    expect(shown.length).toBeGreaterThan(10);
    expect(loadConfig({ ...written, ...required })).toEqual(loadConfig(required));
  });

  it('starts once its required values are filled in', () => {
    const active = assignments().filter((one) => one.active);
    const filled = Object.fromEntries(active.map(({ name, value }) => [name, value]));
    expect(() =>
      loadConfig({
        ...filled,
        REDIS_URL: 'redis://127.0.0.1',
        SLACK_BOT_TOKEN: 'xoxb-1111-2222',
        SLACK_SIGNING_SECRET: 'sixteen-chars-ok',
        AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/engineer-Ab12Cd34Ef',
        PUBLIC_URL: 'https://bot.example.com',
        COGNITO_USER_POOL_ID: 'us-east-2_AbCdEf123',
        COGNITO_CLIENT_ID: '1h57kf5cpq17m0eml12EXAMPLE',
        COGNITO_DOMAIN: 'https://example.auth.us-east-2.amazoncognito.com',
        ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      }),
    ).not.toThrow();
  });

  it('says of every other name of the original plan what became of it', () => {
    const told = lines
      .filter((line) => /^# (?:retired|later): /.test(line))
      .flatMap((line) => line.split(' ').slice(2));
    expect(told).toEqual(
      expect.arrayContaining(['STREAMLIT_SERVER_PORT', 'API_GATEWAY_URL', 'AWS_ACCOUNT_ID']),
    );
    expect(told.filter((name) => configNames().includes(name))).toEqual([]);
    for (const name of told) expect(name).toMatch(/^[A-Z][A-Z0-9_]+$/);
  });
});
