import { afterAll, describe, expect, it } from 'vitest';
import { createAuditKeys } from '../../../src/audit/audit-keys.ts';
import { readEntry } from '../../../src/audit/chain.ts';
import { readLog } from '../../../src/audit/read-log.ts';
import { createVerifier } from '../../../src/audit/verify.ts';
import { localDataKeys } from '../../../src/store/data-keys.ts';
import { eventually } from '../../setup/eventually.ts';
import { K1 } from '../audit/rig.ts';
import { cannotWrite, comeBack, everybodySaysYes, send } from './attacks/attack.ts';
import { linkUp, newAccount, newBrowser, type Rig, signIn } from './rig.ts';
import { createRigs } from './rigs.ts';

const rigs = createRigs();
afterAll(() => rigs.close());

async function entriesIn(
  rig: Rig,
): Promise<{ type: string; reason?: string; cause?: string; who: string }[]> {
  const read: unknown[] = [];
  await readLog(rig.redis, rig.keyPrefix, async ({ line }) => void read.push(readEntry(line)?.event));
  return read as { type: string; who: string }[];
}

async function verdictOn(rig: Rig, change: (line: string, i: number) => string = (line) => line) {
  const { find } = createAuditKeys(rig.redis, rig.keyPrefix, localDataKeys([K1]));
  const verifier = createVerifier({ find, demandProof: true });
  let i = 0;
  const end = await readLog(rig.redis, rig.keyPrefix, ({ id, line }) => verifier.add(change(line, i++), id));
  return verifier.end(end?.head);
}

describe('what linking puts on record', () => {
  it('is every step and every failure, under pseudonyms, in a chain that nobody can change', async () => {
    const rig = await rigs.fresh();
    const [alices, bobs] = [newAccount('alice'), newAccount('bob')];
    await linkUp(rig, alices, 'alice');
    const browser = newBrowser();
    const page = await signIn(rig, await rig.invite(bobs), 'alice', browser);
    await everybodySaysYes(rig, page, browser, alices);
    for (const { id } of rig.asked) await rig.identity.answer(id, bobs, false);
    await comeBack(rig, new URLSearchParams({ state: 'x'.repeat(43), code: 'x' }), browser);
    await send(rig, `/link/start?ticket=${'x'.repeat(43)}`);
    await rig.identity.unlink(alices);
    const entries = await eventually('all entries', async () => {
      const found = await entriesIn(rig);
      return found.length >= 9 && found;
    });

    expect(
      entries.map(({ type, reason, cause }) => [type, reason ?? cause].filter(Boolean).join(' ')),
    ).toEqual(
      expect.arrayContaining([
        'sign_in.succeeded',
        'link.created',
        'sign_in.succeeded',
        'sign_in.failed other_person',
        'sign_in.failed not_confirmed',
        'sign_in.failed state_wrong',
        'sign_in.failed ticket_unknown',
        'link.removed asked',
      ]),
    );
    const text = JSON.stringify(entries);
    for (const clear of [alices.id, bobs.id, 'alice', 'bob', 'example.com', '127.0.0.1'])
      expect(text).not.toContain(clear);
    expect(await verdictOn(rig)).toMatchObject({ ok: true, proven: true });
    for (const [i] of entries.entries())
      expect(
        await verdictOn(rig, (line, at) => (at === i ? line.replace(/"at":\d/, '"at":9') : line)),
      ).toMatchObject({ ok: false });
  });
});

describe('while the audit log cannot be written', () => {
  it('nobody is linked, and whoever was linked before stays so', async () => {
    const rig = await rigs.fresh();
    const alices = newAccount('alice');
    await linkUp(rig, alices, 'alice');
    const browser = newBrowser();
    const failing = rig.openProcess({ audit: cannotWrite });
    const page = await signIn(rig, await rig.invite(alices), 'bob', browser);
    await browser.submit(page, { decision: 'yes' });
    const question = rig.asked.at(-1);
    await expect(failing.answer(question?.id ?? '', alices, true)).rejects.toThrow('cannot be written');
    expect(await rig.linkOf(alices)).toBe('alice');
    expect(rig.steps.filter((step) => step === 'linked')).toHaveLength(1);
  });

  it('nobody is unlinked either, and no token is revoked', async () => {
    const rig = await rigs.fresh();
    const alices = newAccount('alice');
    await linkUp(rig, alices, 'alice');
    rig.cognito.calls.length = 0;
    await expect(rig.openProcess({ audit: cannotWrite }).unlink(alices)).rejects.toThrow('cannot be written');
    expect(await rig.linkOf(alices)).toBe('alice');
    expect(rig.cognito.calls).toEqual([]);
  });
});

describe('when the chat does not answer', () => {
  it('the page says so, nothing is linked, and the same page can be answered again', async () => {
    const rig = await rigs.fresh();
    const alices = newAccount('alice');
    const browser = newBrowser();
    const page = await signIn(rig, await rig.invite(alices), 'alice', browser);
    rig.chat.answersCalls = false;
    expect((await browser.submit(page, { decision: 'yes' })).status).toBe(503);
    expect(await rig.linkOf(alices)).toBeUndefined();
    rig.chat.answersCalls = true;
    await everybodySaysYes(rig, page, browser, alices);
    expect(await rig.linkOf(alices)).toBe('alice');
  });
});

describe('when something fails on the way', () => {
  it('and the chat does not say whose account it is, nothing is proposed and the sign-in is ended', async () => {
    const rig = await rigs.fresh();
    const alices = newAccount('alice');
    rig.chat.knowsPeople = false;
    rig.cognito.calls.length = 0;
    const page = await signIn(rig, await rig.invite(alices), 'alice', newBrowser());
    expect(page.status).toBe(503);
    await rig.identity.settled();
    expect(rig.cognito.calls.filter(({ operation }) => operation === 'revoke')).toHaveLength(1);
    expect(await rig.records('proposal')).toEqual([]);
  });

  it('and what waits for the link was not told of it, a second press tells it', async () => {
    const rig = await rigs.fresh();
    const alices = newAccount('alice');
    rig.chat.unparks = false;
    await expect(linkUp(rig, alices, 'alice')).rejects.toThrow('could not be told');
    rig.chat.unparks = true;
    await rig.identity.answer(rig.asked[0]?.id ?? '', alices, true);
    expect(rig.unparked).toEqual([alices]);
    // Who is not linked tells nothing by pressing old buttons.
    await rig.identity.answer(rig.asked[0]?.id ?? '', newAccount('bob'), true);
    expect(rig.unparked).toEqual([alices]);
  });
});

describe('a person who is linked anew', () => {
  it('is whom they signed in as last, and the former sign-in is ended at Cognito', async () => {
    const rig = await rigs.fresh();
    const alices = newAccount('alice');
    await linkUp(rig, alices, 'alice');
    const former = await rig.identity.whoIs(alices);
    await linkUp(rig, alices, 'bob');
    expect(await rig.linkOf(alices)).toBe('bob');
    await rig.identity.settled();
    expect(rig.events).toContainEqual(expect.objectContaining({ type: 'link.removed', cause: 'replaced' }));
    const answer = await fetch(`${rig.cognito.url}/oauth2/userInfo`, {
      headers: { authorization: `Bearer ${former.kind === 'linked' ? former.accessToken : ''}` },
    });
    expect(answer.status).toBe(401);
  });

  it('keeps two chat accounts of one Cognito account apart: ending one leaves the other', async () => {
    const rig = await rigs.fresh();
    const [office, home] = [newAccount('alice'), newAccount('alice')];
    await linkUp(rig, office, 'alice');
    await linkUp(rig, home, 'alice');
    const subs = await Promise.all([office, home].map((account) => rig.identity.whoIs(account)));
    expect(new Set(subs.map((who) => who.kind === 'linked' && who.principal.sub)).size).toBe(1);
    await rig.identity.unlink(office);
    expect(await rig.linkOf(office)).toBeUndefined();
    expect(await rig.linkOf(home)).toBe('alice');
  });
});
