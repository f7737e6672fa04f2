import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatAccount } from '../../../src/identity/chat-account.ts';
import type { Identity } from '../../../src/identity/identity.ts';
import { eventually } from '../../setup/eventually.ts';
import { linkUp, newAccount, type Rig } from './rig.ts';
import { createRigs } from './rigs.ts';

const CALLERS = 100;
const rigs = createRigs({ cognito: { refreshTokenRotation: { graceSeconds: 60 } } });
afterAll(() => rigs.close());

let rig: Rig;
let alices: ChatAccount;

const refreshes = () => rig.cognito.calls.filter(({ operation }) => operation === 'token.refresh_token');
const outcomes = (kind: string) => rig.steps.filter((step) => step === kind);

/** By the clock of these processes the token of alice, which lives for 90 seconds, has ended; the next one lives longer. */
const openLater = () => rig.openProcess({ now: () => Date.now() + 100_000 });
let later: Identity;
const nameOf = async (identity: Identity) => {
  const who = await identity.whoIs(alices);
  return who.kind === 'linked' ? who.principal.username : who.kind;
};

beforeEach(async () => {
  rig = await rigs.fresh();
  rig.cognito.faults.length = 0;
  rig.cognito.enable('alice');
  rig.cognito.setTokenLife({ accessSeconds: 90 });
  alices = newAccount('alice');
  await linkUp(rig, alices, 'alice');
  rig.cognito.setTokenLife({});
  rig.cognito.calls.length = 0;
  later = openLater();
});

describe('a token that has just expired', () => {
  it(`is refreshed once for ${CALLERS} callers in two processes, and all of them get the new one`, async () => {
    const processes = [openLater(), openLater()] as const;
    const answers = await Promise.all(
      Array.from({ length: CALLERS }, (_, i) => (i % 2 === 0 ? processes[0] : processes[1]).whoIs(alices)),
    );
    const tokens = new Set(answers.map((who) => (who.kind === 'linked' ? who.accessToken : who.kind)));
    expect(tokens.size).toBe(1);
    expect([...tokens][0]).toMatch(/^eyJ/);
    expect(refreshes()).toHaveLength(1);
  });

  it('is refreshed once when the first process dies with its lock, as soon as that has ended', async () => {
    const lock = `${rig.keyPrefix}:linklock:${(await rig.records('link'))[0]?.split(':').at(-1)}`;
    await rig.redis.set(lock, 'somebody who is gone', 'PX', 400);
    expect(await nameOf(later)).toBe('alice');
    expect(refreshes()).toHaveLength(1);
  });

  it('is refreshed again when Cognito’s answer was lost on the way, though the old refresh token was rotated', async () => {
    rig.cognito.faults.push({ operation: 'token.refresh_token', times: 1, kind: 'drop_answer' });
    await expect(later.whoIs(alices)).rejects.toMatchObject({ code: 'provider_unreachable' });
    expect(await nameOf(later)).toBe('alice');
    expect(refreshes()).toHaveLength(2);
  });

  it('leaves the link alone while Cognito is down, and works again when it is back', async () => {
    rig.cognito.faults.push({ operation: 'token.refresh_token', times: 2, kind: 'drop_before' });
    rig.cognito.faults.push({
      operation: 'token.refresh_token',
      times: 2,
      kind: 'error',
      name: 'internal',
      status: 503,
    });
    for (let i = 0; i < 4; i += 1)
      await expect(later.whoIs(alices)).rejects.toMatchObject({ code: 'provider_unreachable' });
    expect(outcomes('signed_out')).toEqual([]);
    expect(await nameOf(later)).toBe('alice');
  });

  it('leaves the link alone when our own client is refused: the person could do nothing about it', async () => {
    rig.cognito.faults.push({
      operation: 'token.refresh_token',
      times: 1,
      kind: 'error',
      name: 'invalid_client',
      status: 400,
    });
    await expect(later.whoIs(alices)).rejects.toMatchObject({ code: 'misconfigured' });
    expect(await nameOf(later)).toBe('alice');
  });

  it.each([
    ['was revoked', () => rig.cognito.signOutEverywhere('alice')],
    ['belongs to an account that was disabled', () => rig.cognito.disable('alice')],
  ])(
    `asks to sign in again when its refresh token %s: ${CALLERS} callers, one call, one entry`,
    async (_how, end) => {
      end();
      const processes = [openLater(), openLater()] as const;
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, (_, i) => (i % 2 === 0 ? processes[0] : processes[1]).whoIs(alices)),
      );
      for (const who of answers) expect(who).toMatchObject({ kind: 'unlinked', signedOut: true });
      expect(refreshes()).toHaveLength(1);
      expect(rig.events.filter(({ type }) => type === 'link.removed')).toMatchObject([{ cause: 'revoked' }]);
      rig.cognito.enable('alice');
      await linkUp(rig, alices, 'alice');
      expect(await nameOf(later)).toBe('alice');
    },
  );

  it('takes over what has changed of the person: their groups', async () => {
    rig.cognito.setGroups('alice', ['viewers']);
    expect(await later.whoIs(alices)).toMatchObject({ roles: ['viewer'] });
    rig.cognito.setGroups('alice', ['operators', 'approvers']);
  });

  it('is not refreshed for somebody who unlinks meanwhile', async () => {
    rig.cognito.faults.push({ operation: 'token.refresh_token', times: 1, kind: 'delay', ms: 150 });
    const refreshing = later.whoIs(alices);
    await eventually('a refresh under way', async () => (await rig.records('linklock')).length > 0);
    await rig.openProcess().unlink(alices);
    await refreshing;
    expect(await nameOf(later)).toBe('unlinked');
    expect(await rig.records('link')).toEqual([]);
  });
});

describe('a token that is about to expire', () => {
  it('does for now when Cognito cannot be reached', async () => {
    // Within the last tenth of its life, for ten seconds to come.
    rig.cognito.setTokenLife({ accessSeconds: 100 });
    const bobs = newAccount('bob');
    await linkUp(rig, bobs, 'bob');
    const process = rig.openProcess({ now: () => Date.now() + 92_000 });
    rig.cognito.faults.push({ operation: 'token.refresh_token', times: 1, kind: 'drop_before' });
    expect(await process.whoIs(bobs)).toMatchObject({ kind: 'linked' });
    expect(outcomes('failed')).toHaveLength(1);
  });
});
