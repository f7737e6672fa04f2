import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, test } from 'vitest';
import type { CognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { adminClient, errorName } from './admin-client.ts';
import { claimsOf, refresh, signIn, startCognito, tokensOf, userInfo } from './application.ts';
import { createVisitor } from './visitor.ts';

async function control(cognito: CognitoStandIn, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${cognito.url}/control/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe('calls and faults', () => {
  test('tell what was asked, and let the next calls fail as ordered', async () => {
    const cognito = await startCognito();
    const tokens = await tokensOf(cognito, 'alice');
    cognito.calls.length = 0;
    cognito.faults.push(
      { operation: 'token.refresh_token', kind: 'error', name: 'invalid_grant', status: 400, times: 2 },
      { operation: 'token.refresh_token', kind: 'drop_before', times: 1 },
      { operation: 'token.refresh_token', kind: 'delay', ms: 1, times: 1 },
    );
    const one = () => refresh(cognito, tokens.refresh);
    expect(await one()).toEqual({ status: 400, body: { error: 'invalid_grant' } });
    expect((await one()).status).toBe(400);
    await expect(one()).rejects.toThrow('fetch failed');
    expect((await one()).status).toBe(200);
    await userInfo(cognito, tokens.access);
    expect(cognito.calls.map(({ operation, status }) => `${operation} ${status}`)).toEqual([
      'token.refresh_token 400',
      'token.refresh_token 400',
      'token.refresh_token 0',
      'token.refresh_token 200',
      'userInfo 200',
    ]);
  });

  test('an answer that is lost was carried out: the rotated token is spent', async () => {
    const cognito = await startCognito({ refreshTokenRotation: { graceSeconds: 0 } });
    const { refresh: token } = await tokensOf(cognito, 'alice');
    cognito.faults.push({ operation: 'token.refresh_token', kind: 'drop_answer', times: 1 });
    await expect(refresh(cognito, token)).rejects.toThrow('fetch failed');
    expect((await refresh(cognito, token)).body.error).toBe('invalid_grant');
    cognito.faults.push({ operation: 'token.authorization_code', kind: 'drop_answer', times: 1 });
    await expect(tokensOf(cognito, 'alice')).rejects.toThrow('fetch failed');
    expect(cognito.calls.at(-1)).toMatchObject({ operation: 'token.authorization_code', status: 0 });
  });

  test('reach the API of the pool in its own shape', async () => {
    const cognito = await startCognito();
    cognito.faults.push({
      operation: 'ListUserPools',
      kind: 'error',
      name: 'TooManyRequestsException',
      status: 400,
      times: 1,
    });
    const list = () => errorName(adminClient(cognito).send(new ListUserPoolsCommand({ MaxResults: 1 })));
    expect(await list()).toBe('TooManyRequestsException');
    expect(await list()).toBe('none');
  });
});

describe('the control API', () => {
  test('does from another process what the object does', async () => {
    const cognito = await startCognito();
    await control(cognito, 'POST', 'token-life', { accessSeconds: 7 });
    await control(cognito, 'POST', 'person', { username: 'bob', groups: ['operators'] });
    const { access } = await tokensOf(cognito, 'bob');
    expect(claimsOf(access)['cognito:groups']).toEqual(['operators']);
    expect(Number(claimsOf(access).exp) - Number(claimsOf(access).iat)).toBe(7);
    await control(cognito, 'POST', 'person', { username: 'bob', enabled: false });
    expect((await userInfo(cognito, access)).status).toBe(401);
    expect((await control(cognito, 'GET', 'totp?username=admin')).body).toEqual({
      code: cognito.totp('admin'),
    });
    const fault = { operation: 'userInfo', kind: 'delay', ms: 1 };
    expect((await control(cognito, 'POST', 'faults', fault)).body.faults).toEqual([{ ...fault, times: 1 }]);
    expect((await control(cognito, 'DELETE', 'faults')).body).toEqual({ faults: [] });
    await control(cognito, 'POST', 'rotate-keys', { keepFormer: false });
    const { calls } = (await control(cognito, 'GET', 'calls')).body as { calls: unknown[] };
    expect(calls.length).toBeGreaterThan(2);
    await control(cognito, 'POST', 'reset');
    expect(cognito.calls).toEqual([]);
  });

  test('says what it wants when it is asked wrongly', async () => {
    const cognito = await startCognito();
    expect((await control(cognito, 'GET', 'nothing')).body.message).toMatch(/^there is GET/);
    expect((await control(cognito, 'POST', 'token-life', { accessSeconds: 0 })).status).toBe(400);
    expect((await control(cognito, 'POST', 'person', { username: 'nobody', enabled: true })).body).toEqual({
      message: 'The pool has no user nobody',
    });
    const form = await fetch(`${cognito.url}/control/reset`, { method: 'POST', body: new URLSearchParams() });
    expect(form.status).toBe(415);
  });

  test('is not part of a sign-in', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    expect(cognito.calls.map(({ operation }) => operation)).toEqual(['authorize']);
  });
});
