import { expect } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import type { Platform, Sender } from '../../../src/chat/vocabulary.ts';
import type { Asker } from '../../../src/commands/commands.ts';
import type { Ref } from '../../../src/commands/conversations.ts';
import type { SessionEntry } from '../../../src/sessions/session-entry.ts';
import type { Connection } from '../../../src/store/connection.ts';
import type { Sealer } from '../../../src/store/sealed.ts';
import { createClaiming, createCounting } from '../sessions/rig.ts';
import { type ConversationsOptions, conversationsRig, createToldMemory } from './conversations-of.ts';

type Rig = ReturnType<typeof conversationsRig>;

/** The accounts of three people; the first has two. */
export const ACCOUNTS = [
  { platform: 'slack', id: 'U-ALICE', actor: 'sub-alice', canary: 'wombat' },
  { platform: 'teams', id: 'T-ALICE', actor: 'sub-alice', canary: 'wombat' },
  { platform: 'slack', id: 'U-BOB', actor: 'sub-bob', canary: 'quokka' },
  { platform: 'slack', id: 'U-CAROL', actor: 'slack:T1:U-CAROL', canary: 'numbat' },
] as const satisfies readonly { platform: Platform; id: string; actor: string; canary: string }[];
export type Account = (typeof ACCOUNTS)[number];

export const THREADS = ['1.0', '2.0', '3.0'];
export const DOES = [
  'ask',
  'list',
  'new',
  'resume',
  'rename',
  'edit',
  'tag',
  'untag',
  'archive',
  'restore',
  'askDelete',
  'remove',
  'history',
  'search',
  'entryOf',
  'forget',
] as const;

export interface Step {
  readonly does: (typeof DOES)[number];
  readonly who: number;
  /** Of `THREADS`, or none. */
  readonly thread: number;
  readonly ref: 'id' | 'number' | 'name' | 'here';
  /** Whose session is meant, and which of them. */
  readonly whose: number;
  readonly which: number;
  readonly given: boolean;
  /** Which of two processes takes it. */
  readonly process: number;
}

const actorOfSender = ({ sender }: Asker): string | undefined =>
  ACCOUNTS.find(({ id }) => id === sender.id)?.actor;

/**
 * Several people with their conversations, beside a model of what is whose; two processes work for them, each with what it
 * remembers itself. `actorOf` stands for the rule that is tried.
 * Every step checks that nobody reads another's words or ids, and is answered in no session of another; `compare`, that
 * nobody has changed what is another's.
 */
export function createPeopleAtWork(
  redis: Connection,
  keyPrefix: string,
  sealer: Sealer | undefined,
  actorOf: (asker: Asker) => string | undefined = actorOfSender,
) {
  const memory = createToldMemory();
  const options: ConversationsOptions = {
    ...(sealer ? { sealer } : {}),
    memory,
    actorOf: async (asker) => actorOf(asker),
    talk: {
      lastTurns: async (actor, session) => ({
        turns: [{ question: `${session} of ${actor}`, answer: '', at: 0 }],
        more: false,
      }),
      search: async (_actor, words, sessions) => ({
        hits: sessions.map((session) => ({ session, source: 'talk', text: `${words} in ${session}`, at: 0 })),
        partial: false,
      }),
    },
  };
  const processes = [1, 2].map(() => conversationsRig(redis, keyPrefix, options)) as [Rig, Rig];
  const [{ directory }] = processes;
  const claimed = createClaiming(redis, keyPrefix);
  const count = createCounting(redis, keyPrefix);
  /** Whose each session is that was ever seen. */
  const owners = new Map<string, string>();
  const known = new Map<string, Map<string, SessionEntry>>();
  /** Where a lane is answered next; `fresh`: in a session that nobody has seen. */
  const expected = new Map<string, string>();
  /** Lanes with a place, whatever has become of the session there. */
  const placed = new Set<string>();
  const nextIn = new Map<string, string>();
  const asked = new Set<string>();
  let turns = 0;

  const ofActor = (actor: string) => {
    const mine = known.get(actor) ?? new Map<string, SessionEntry>();
    known.set(actor, mine);
    return mine;
  };

  /** What the actor did may have changed this one. */
  async function look(actor: string, id: string): Promise<void> {
    const entry = await directory.get(actor, id);
    if (!entry) return void ofActor(actor).delete(id);
    ofActor(actor).set(id, entry);
    own(actor, id);
  }

  function own(actor: string, id: string): void {
    expect(owners.get(id) ?? actor).toBe(actor);
    owners.set(id, actor);
  }

  function mayRead(actor: string, canary: string, answer: unknown, ref: Ref | undefined): void {
    // What somebody wrote may be said back to them.
    const typed = ref && 'title' in ref ? `You have no conversation “${ref.title}”` : '';
    const words = (JSON.stringify(answer) ?? '').replace(typed, '');
    for (const account of ACCOUNTS)
      if (account.canary !== canary) expect(words).not.toContain(account.canary);
    for (const [id, owner] of owners) if (owner !== actor) expect(words).not.toContain(id);
  }

  const refOf = ({ ref, whose, which }: Step): Ref | undefined => {
    if (ref === 'here') return undefined;
    if (ref === 'number') return { number: which + 1 };
    const theirs = [...ofActor(ACCOUNTS[whose % ACCOUNTS.length]?.actor ?? '').values()];
    const entry = theirs[which % Math.max(1, theirs.length)];
    if (ref === 'name') return { title: entry?.name ?? 'nobody knows' };
    return { id: entry?.id ?? 'tc-guessed' };
  };

  async function ask({ answering }: Rig, account: Account, asker: Asker): Promise<void> {
    const { actor, canary } = account;
    const lane = laneId(asker.key, asker.sender);
    const place = `${actor} ${lane}`;
    // The first word in a thread is its root.
    const isRoot = !asked.has(asker.key.thread + asker.key.platform);
    asked.add(asker.key.thread + asker.key.platform);
    turns += 1;
    const message = {
      ...asker,
      messageId: isRoot ? asker.key.thread : `${turns}.5`,
      text: `${canary} asks`,
    };
    const receivedAt = Date.now() + 60_000;
    const turn = { id: `turn-${turns}`, lane, message, receivedAt, ...(await claimed(lane)) };
    const { session, listed } = await answering.sessionFor(turn, actor);
    const conversation = `${actor} ${laneId({ ...asker.key, thread: '' }, asker.sender)}`;
    // Also below a message that was no question of theirs: it may have been the wish itself.
    const taken = placed.has(place) ? undefined : nextIn.get(conversation);
    if (taken !== undefined) nextIn.delete(conversation);
    const wish =
      expected.get(place) ?? (taken !== undefined && ofActor(actor).has(taken) ? taken : undefined);
    if (wish === 'fresh') expect(owners.has(session)).toBe(false);
    else if (wish !== undefined) expect(session).toBe(wish);
    own(actor, session);
    expected.set(place, session);
    placed.add(place);
    const [person = '', id = ''] = listed.split(' ');
    expect(id).toBe(session);
    expect(person).not.toBe('');
    await count(actor, session, lane);
    await look(actor, session);
    expect(ofActor(actor).has(session), 'the session of a question is listed').toBe(true);
  }

  async function forget(actor: string): Promise<void> {
    await directory.erase(actor);
    memory.erase(actor);
    ofActor(actor).clear();
    for (const places of [expected, nextIn])
      for (const place of places.keys()) if (place.startsWith(`${actor} `)) places.delete(place);
    for (const place of placed) if (place.startsWith(`${actor} `)) placed.delete(place);
  }

  return {
    async take(step: Step): Promise<void> {
      const account = ACCOUNTS[step.who % ACCOUNTS.length] ?? ACCOUNTS[0];
      const { actor, canary, platform, id } = account;
      const sender: Sender = { id, tenant: 'T1' };
      const thread = THREADS[step.thread] ?? '';
      const asker: Asker = { key: { platform, tenant: 'T1', conversation: 'C1', thread }, sender };
      const name = `${canary} ${step.which}`;
      const process = processes[step.process % 2] ?? processes[0];
      if (step.does === 'forget') return forget(actor);
      if (step.does === 'ask') {
        if (thread !== '') await ask(process, account, asker);
        return;
      }
      const ref = refOf(step);
      const mine = ofActor(actor);
      const answer = await run(process, step, asker, ref, name);
      mayRead(actor, canary, answer, ref);
      // Whatever was meant is one of the actor's own, or nothing happened.
      for (const one of [...mine.keys()]) await look(actor, one);
      const { entries } = await directory.list(actor, { most: 100 });
      for (const entry of entries) if (!mine.has(entry.id)) await look(actor, entry.id);
      settle(step, asker, actor, answer);
    },

    /** Everybody has what they left themselves, and nothing else. */
    async compare(): Promise<void> {
      for (const actor of new Set(ACCOUNTS.map((account) => account.actor))) {
        const entries = [];
        for await (const entry of directory.export(actor)) entries.push(entry);
        expect(entries.toSorted(byId)).toEqual([...ofActor(actor).values()].toSorted(byId));
      }
    },
  };

  function run(
    { conversations }: Rig,
    step: Step,
    asker: Asker,
    ref: Ref | undefined,
    name: string,
  ): Promise<unknown> {
    const some = ref ?? { number: step.which + 1 };
    switch (step.does) {
      case 'list':
        return conversations.list(asker, step.given ? { words: 'asks' } : { archived: step.which % 2 === 0 });
      case 'new':
        return conversations.startNew(asker, step.given ? name : undefined);
      case 'resume':
        return conversations.resume(asker, some);
      case 'rename':
        return conversations.rename(asker, ref, name);
      case 'edit':
        return conversations.edit(asker, 'id' in some ? some.id : 'tc-guessed', {
          name,
          tags: [name],
          project: name,
        });
      case 'tag':
        return conversations.tag(asker, ref, name);
      case 'untag':
        return conversations.untag(asker, ref, name);
      case 'restore':
        return conversations.restore(asker, some);
      case 'remove':
        return conversations.remove(asker, some);
      case 'history':
        return conversations.history(asker, ref, 3);
      case 'search':
        return conversations.search(asker, 'asks');
      case 'entryOf':
        return conversations.entryOf(asker, 'id' in some ? some.id : 'tc-guessed');
      case 'archive':
      case 'askDelete':
        return conversations[step.does](asker, ref);
      default:
        throw new Error(`nobody can ${step.does}`);
    }
  }

  /** Where questions are answered after this. */
  function settle(step: Step, asker: Asker, actor: string, answer: unknown): void {
    const { found, shown } = (answer ?? {}) as { found?: boolean; shown?: { entry?: SessionEntry } };
    const place = `${actor} ${laneId(asker.key, asker.sender)}`;
    const mine = ofActor(actor);
    if (asker.key.thread !== '' && (step.does === 'new' || (step.does === 'resume' && found)))
      placed.add(place);
    if (step.does === 'new') {
      if (asker.key.thread !== '') expected.set(place, step.given ? freshOf(actor) : 'fresh');
      else if (step.given) nextIn.set(place, freshOf(actor));
      else nextIn.delete(place);
    }
    if (step.does === 'resume' && found && shown?.entry) {
      if (asker.key.thread !== '') expected.set(place, shown.entry.id);
      else nextIn.set(place, shown.entry.id);
    }
    if (step.does === 'remove')
      for (const [lane, id] of expected)
        if (id !== 'fresh' && lane.startsWith(`${actor} `) && !mine.has(id)) expected.set(lane, 'gone');
    for (const [lane, id] of expected) if (id === 'gone') expected.delete(lane);
  }

  /** The session that has just begun with a name. */
  function freshOf(actor: string): string {
    const numbered = [...ofActor(actor).values()].toSorted((a, b) => b.number - a.number);
    return numbered[0]?.id ?? 'nothing';
  }
}

const byId = (a: SessionEntry, b: SessionEntry) => (a.id < b.id ? -1 : 1);
