import { afterAll, expect, it } from 'vitest';
import type { Visitor } from '../../../local/laptop/visitor.ts';
import { seededRandom } from '../../../local/seeded-random.ts';
import type { ChatAccount } from '../../../src/identity/chat-account.ts';
import { comeBack } from './attacks/attack.ts';
import { newAccount, newBrowser, proposalIn, type Rig } from './rig.ts';
import { createRigs } from './rigs.ts';

/** `ANY_ORDER_STEPS=50000` for a long walk, `ANY_ORDER_SEED` for another one. */
const STEPS = Number(process.env.ANY_ORDER_STEPS ?? 1_500);
const SEED = Number(process.env.ANY_ORDER_SEED ?? 1);

const rigs = createRigs({ pool: 'scripted' });
afterAll(() => rigs.close());

/** What should be, told without Redis: who may do what next. */
interface Ticket {
  readonly url: string;
  readonly account: ChatAccount;
  browser?: Visitor;
  used: boolean;
  flow?: Flow;
}
interface Flow {
  readonly authorize: string;
  readonly ticket: Ticket;
  readonly browser: Visitor;
  spent: boolean;
}
interface Proposal {
  readonly id: string;
  readonly account: ChatAccount;
  readonly user: string;
  readonly browser: Visitor;
  state: 'open' | 'confirmed' | 'gone';
}

it(`${STEPS} steps of three people in any order link whom they should, and nobody else`, {
  timeout: 600_000,
}, async () => {
  const rig = await rigs.fresh();
  const random = seededRandom(SEED);
  const below = (count: number) => Math.floor(random() * count);
  const one = <T>(list: readonly T[]): T | undefined => list[below(list.length)];
  /** Mostly what fits, sometimes anything. */
  const fitting = <T>(rightful: T, all: readonly T[]): T =>
    random() < 0.75 ? rightful : (one(all) ?? rightful);

  const accounts = [newAccount('alice'), newAccount('bob'), newAccount('carol')];
  const browsers = [newBrowser(), newBrowser(), newBrowser()];
  const users = ['alice', 'bob', 'carol'];
  const tickets: Ticket[] = [];
  const flows: Flow[] = [];
  const proposals: Proposal[] = [];
  const links = new Map<ChatAccount, string>();
  const seen = new Map<string, number>();

  const steps = {
    async invite() {
      const account = one(accounts) as ChatAccount;
      tickets.push({ url: await rig.invite(account), account, used: false });
      return 'invited';
    },
    async open() {
      const ticket = one(tickets);
      if (!ticket) return 'nothing to open';
      const browser = fitting(ticket.browser ?? (one(browsers) as Visitor), browsers);
      const page = await browser.request(ticket.url);
      if (ticket.used) return expectStatus(page.status, 410, 'opened a used ticket');
      if (ticket.browser && ticket.browser !== browser)
        return expectStatus(page.status, 403, 'opened elsewhere');
      expectStatus(page.status, 302, 'opened');
      if (ticket.flow) ticket.flow.spent = true;
      const flow = { authorize: page.headers.get('location') ?? '', ticket, browser, spent: false };
      Object.assign(ticket, { browser, flow });
      flows.push(flow);
      return 'opened';
    },
    async comeBack() {
      const flow = one(flows);
      if (!flow) return 'nothing to come back to';
      const browser = fitting(flow.browser, browsers);
      const other = fitting(flow, flows);
      const user = one(users) as string;
      const nonce = new URL(other.authorize).searchParams.get('nonce') ?? '';
      const page = await comeBack(rig, rig.pool.callback(flow.authorize, { nonce, user }), browser);
      if (flow.spent) return expectStatus(page.status, 400, 'came back again');
      if (browser !== flow.browser) {
        // A browser that was never here has no cookie to be wrong.
        expect([400, 403]).toContain(page.status);
        return 'came back elsewhere';
      }
      flow.spent = true;
      flow.ticket.used = true;
      if (other !== flow) return expectStatus(page.status, 400, 'came back with another nonce');
      expectStatus(page.status, 200, 'came back');
      proposals.push({ id: proposalIn(page), account: flow.ticket.account, user, browser, state: 'open' });
      return 'came back';
    },
    async confirm() {
      const proposal = one(proposals);
      if (!proposal) return 'nothing to confirm';
      const browser = fitting(proposal.browser, browsers);
      const yes = random() < 0.8;
      const page = await browser.request(`${rig.url}/link/confirm`, {
        proposal: proposal.id,
        decision: yes ? 'yes' : 'no',
      });
      if (proposal.state === 'gone' || browser !== proposal.browser) {
        expect([400, 403]).toContain(page.status);
        return 'confirmed in vain';
      }
      if (proposal.state === 'confirmed') return expectStatus(page.status, 409, 'confirmed again');
      proposal.state = yes ? 'confirmed' : 'gone';
      return expectStatus(page.status, 200, yes ? 'confirmed' : 'declined');
    },
    async answer() {
      const proposal = one(proposals);
      if (!proposal) return 'nothing to answer';
      const account = fitting(proposal.account, accounts);
      const yes = random() < 0.85;
      const { kind } = await rig.identity.answer(proposal.id, account, yes);
      const counts = proposal.state === 'confirmed' && account === proposal.account;
      expect(kind).toBe(counts ? (yes ? 'linked' : 'declined') : 'problem');
      if (!counts) return 'answered in vain';
      proposal.state = 'gone';
      if (yes) links.set(account, proposal.user);
      return kind;
    },
    async unlink() {
      if (random() < 0.7) return 'stayed';
      const account = one(accounts) as ChatAccount;
      const { was } = await rig.identity.unlink(account);
      expect(was).toBe(links.delete(account));
      return was ? 'unlinked' : 'unlinked in vain';
    },
  };

  for (let i = 0; i < STEPS; i += 1) {
    const step = one(Object.values(steps)) as () => Promise<string>;
    const happened = await step();
    seen.set(happened, (seen.get(happened) ?? 0) + 1);
    for (const account of accounts)
      expect([i, happened, await rig.linkOf(account)]).toEqual([i, happened, links.get(account)]);
    await keepItSmall(rig, [tickets, flows, proposals]);
  }
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining([
      'linked',
      'declined',
      'unlinked',
      'came back elsewhere',
      'came back with another nonce',
      'answered in vain',
      'confirmed again',
      'opened a used ticket',
    ]),
  );
});

function expectStatus(status: number, wanted: number, what: string): string {
  expect(`${what}: ${status}`).toBe(`${what}: ${wanted}`);
  return what;
}

/** The old ones are forgotten, and nobody is told to wait. */
async function keepItSmall(rig: Rig, lists: readonly unknown[][]): Promise<void> {
  for (const list of lists) if (list.length > 12) list.shift();
  for (const list of [rig.logged, rig.events, rig.asked]) list.length = 0;
  const counted = await rig.records('attempts');
  if (counted.length > 0) await rig.redis.del(counted);
}
