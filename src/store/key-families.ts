import { constant, DAY_S, expires, type KeyFamily, work } from './key-family.ts';

/**
 * Every kind of key that is kept in Redis, and what keeps it from growing without bound. Whoever adds a kind of key adds
 * it here; docs/operate.md shows this as a table, and a test holds a real Redis to it.
 */
export const KEY_FAMILIES: readonly KeyFamily[] = [
  {
    names: ['claim:<name>'],
    holds:
      'the turn that a delivery became; a deleted message that never became one; things said or done once, such as the greeting, or `stop`',
    kept: '26 hours; 1 hour; 7 days; 400 days',
    bound: expires(400 * DAY_S),
  },
  {
    names: ['turn:<id>'],
    holds:
      'one question and its state; once it was answered, or withheld, who asked it and where, without its words',
    kept: 'until it ends, then 7 days (Retry)',
    bound: expires(7 * DAY_S),
  },
  {
    names: ['lane:<id>'],
    holds: 'waiting and active turns of one person in one thread, in order; at most 100',
    kept: 'until empty',
    bound: work,
  },
  {
    names: ['lease:<lane>', 'leases'],
    holds: 'which worker holds a lane, with its fence',
    kept: 'while a turn runs',
    bound: work,
  },
  {
    names: ['ready', 'ready:<tenant>', 'ring'],
    holds: 'lanes that wait for a worker, tenants taking turns',
    kept: 'while they wait',
    bound: work,
  },
  {
    names: ['thread:<id>'],
    holds:
      'the bot takes part in this thread; a mark of who asked there last, and whether others have written',
    kept: '90 days after the last question',
    bound: expires(90 * DAY_S),
  },
  {
    names: ['s:<person>:<number>'],
    holds:
      'a session in the directory of its person: times and counts; sealed its name, tags, project, first question and origin',
    kept: '400 days after its last turn',
    bound: expires(400 * DAY_S),
  },
  {
    names: [
      'directory:<person>',
      'sessions:<person>',
      'archived:<person>',
      'numbers:<person>',
      'names:<person>',
      'lanes:<person>',
    ],
    holds:
      "which sessions a person has, by last turn, by number and by keyed digests of their names; the person's lanes",
    kept: '400 days after their last turn',
    bound: expires(400 * DAY_S),
  },
  {
    names: ['current:<lane>'],
    holds: 'in which session each person is answered in a lane, where `new` or `resume` changed that',
    kept: '400 days after the last turn there',
    bound: expires(400 * DAY_S),
  },
  {
    names: ['next:<lane>'],
    holds:
      'in which session the next question of a person in a conversation is answered, after `resume` or `new` there',
    kept: 'an hour, or until it is asked',
    bound: expires(3_600),
  },
  {
    names: ['leftovers'],
    holds: 'sessions that were deleted, until nothing is left of them in Memory and at the agent',
    kept: 'until then; 30 days after the last one',
    bound: expires(30 * DAY_S),
  },
  {
    names: ['idle'],
    holds: 'people by the last turn of their longest unused session, for archiving',
    kept: 'until it is archived; 400 days after the last turn of all',
    bound: expires(400 * DAY_S),
  },
  {
    names: ['namekey'],
    holds: 'the key of those digests, sealed, and its name',
    kept: 'stays: two fields',
    bound: constant(2),
  },
  {
    names: ['feedback:<turn>'],
    holds: 'what each person thinks of an answer, with the reason in their words',
    kept: '90 days after the last word',
    bound: expires(90 * DAY_S),
  },
  {
    names: ['fence', 'era', 'counts'],
    holds: 'a counter of leases; one that changes when somebody is forgotten; turns by state',
    kept: 'stays: one number, and one for each state',
    bound: constant(11),
  },
  {
    names: ['running'],
    holds: 'how many turns each tenant runs',
    kept: 'while turns run',
    bound: work,
  },
  {
    names: ['workers', 'slots', 'served'],
    holds:
      'workers with their slots, and the sum; tenants that were served lately: so that one leaves slots to the others',
    kept: '10 seconds, renewed while workers run',
    bound: expires(10),
  },
  {
    names: ['dead'],
    holds: 'turns that failed or whose outcome is unknown, for `turns list`',
    kept: '7 days after the last of them; the newest 10,000',
    bound: expires(7 * DAY_S),
  },
  {
    names: ['quota:<tenant>', 'quota:<tenant>:<person>'],
    holds: 'when what was asked lately would be paid back, where there is a quota',
    kept: 'until then, an hour at most',
    bound: expires(3_600),
  },
  {
    names: ['parked'],
    holds: 'lanes whose question waits until its author has signed in, and until when',
    kept: 'while they wait, `LINK_WAIT_HOURS` at most',
    bound: work,
  },
  {
    names: ['parked:<person>'],
    holds: 'which of those wait for this person',
    kept: '`LINK_WAIT_HOURS` after the last of them',
    bound: expires(168 * 3_600),
  },
  {
    names: ['link:<person>'],
    holds: 'the Cognito identity of a chat account with its tokens, sealed; in clear only its `sub`',
    kept: '180 days after it was last used',
    bound: expires(180 * DAY_S),
  },
  {
    names: ['account:<sub>'],
    holds: 'the chat accounts that are linked to a Cognito identity',
    kept: '180 days after one of them was last used',
    bound: expires(180 * DAY_S),
  },
  {
    names: ['linklock:<person>'],
    holds: 'that a process is getting a new token',
    kept: '15 s at most',
    bound: expires(15),
  },
  {
    names: ['ticket:<name>', 'flow:<name>', 'proposal:<name>'],
    holds: 'a link being made: the prompt, the sign-in, and what waits for both confirmations, sealed',
    kept: '10 minutes each',
    bound: expires(600),
  },
  {
    names: ['person:<person>'],
    holds:
      'language and length of answers that somebody has set; when they last opened their App Home, in which workspace, and a digest of what it shows',
    kept: '400 days after they last opened it or set something',
    bound: expires(400 * DAY_S),
  },
  {
    names: ['hometurns:<person>'],
    holds: 'the open turns of a person that their App Home shows',
    kept: 'until they end, 7 days at most',
    bound: expires(7 * DAY_S),
  },
  {
    names: ['homedue'],
    holds: 'whose App Home has to be published anew, and when',
    kept: 'until it is, a few seconds',
    bound: work,
  },
  {
    names: ['guest:<person>'],
    holds: 'whether Slack says that somebody is a guest',
    kept: '6 hours',
    bound: expires(6 * 3_600),
  },
  {
    names: ['teamsplace:<thread>'],
    holds: 'where Teams takes what the bot writes in a thread',
    kept: '90 days after the last message',
    bound: expires(90 * DAY_S),
  },
  {
    names: ['teamsperson:<person>'],
    holds: 'where Teams takes what the bot writes to a person',
    kept: '90 days after their last message',
    bound: expires(90 * DAY_S),
  },
  {
    names: ['teamsheard:<thread>', 'teamsspoke:<person>'],
    holds:
      'the newest 20 messages that the bot heard in a thread or group chat in Teams, sealed; and in which of them somebody spoke',
    kept: 'a day after the last message',
    bound: expires(DAY_S),
  },
  {
    names: ['teamsfile:<name>'],
    holds: 'a file of an export until its person takes it in Teams, sealed',
    kept: '10 minutes',
    bound: expires(600),
  },
  {
    names: ['forgetask:<person>'],
    holds: 'the name of the question whether somebody in Teams wants to be forgotten',
    kept: '10 minutes',
    bound: expires(600),
  },
  {
    names: ['teamsanswer:<name>'],
    holds: 'which turn a message in Teams answers, for what people think of it',
    kept: '90 days',
    bound: expires(90 * DAY_S),
  },
  {
    names: ['consent:<name>'],
    holds: 'a sign-in that shows whose browser consented to a tool, sealed',
    kept: '10 minutes',
    bound: expires(600),
  },
  {
    names: ['erasures', 'erasure:<id>', 'erasing:<person>'],
    holds: 'who is being forgotten, sealed, and what of it is done; that their questions wait meanwhile',
    kept: 'until all of it is erased',
    bound: work,
  },
  {
    names: ['latelooks', 'latelook:<id>'],
    holds:
      'whom Memory knew somebody as who was forgotten, sealed: it is looked at again for what it learnt late',
    kept: 'two hours after an erasure',
    bound: work,
  },
  {
    names: ['exports:<person>'],
    holds: "the platform's ids of files that were exported for a person, to delete them",
    kept: '400 days after the last export',
    bound: expires(400 * DAY_S),
  },
  {
    names: ['exported:<person>'],
    holds: 'that a person has asked for an export lately',
    kept: 'an hour at most',
    bound: expires(3_600),
  },
  {
    names: ['attempts:<name>'],
    holds: 'how often linking went wrong for a person or from an address, and consents began',
    kept: '10 minutes',
    bound: expires(600),
  },
  {
    names: ['paused'],
    holds: 'who has paused intake, and why',
    kept: 'until intake is resumed',
    bound: constant(3),
  },
  {
    names: ['pace:teams:<thread>', 'pacetogether:<tenant>'],
    holds: 'when the last calls of Teams were made, in a thread and in all of a tenant: at most 1,800 times',
    kept: 'an hour after the last',
    // A final call may be granted ahead, behind those that stand in line.
    bound: expires(2 * 3_600),
  },
  {
    names: ['pace:<workspace>:<method>'],
    holds: 'when the last calls of a Slack method were made, at most 2,400 times',
    kept: '61 s after the last',
    bound: expires(600),
  },
  {
    names: ['paceheld:<workspace>'],
    holds: 'until when Slack or Teams wants no calls (`Retry-After`), by method or thread',
    kept: 'until then',
    bound: expires(DAY_S),
  },
  {
    names: ['pacestrict:<workspace>:<name>'],
    holds: 'such calls were refused lately: until when final ones stand in line',
    kept: '2 minutes after that',
    bound: expires(DAY_S),
  },
  {
    names: ['memoryquota:<kind>', 'memoryquota:<kind>:<group>'],
    holds: 'when AgentCore Memory was called within the last second, of all and of one session or person',
    kept: '1.1 s after the last call',
    bound: expires(2),
  },
  {
    names: ['memoryturns:<kind>', 'memoryline:<kind>:<group>', 'memorywaiting:<kind>'],
    holds:
      'who waits to call AgentCore Memory: groups taking turns, the line of each, and until when a place counts',
    kept: '10 s after somebody last asked',
    bound: expires(10),
  },
  {
    names: ['guardrailquota'],
    holds: 'when the calls and text units of the guardrail that were granted lately are paid back',
    kept: 'a second after that',
    bound: expires(60),
  },
  {
    names: ['guardcounts:<day>'],
    holds:
      'how many turns were checked and how often each policy minded something, by direction, action and channel',
    kept: '90 days',
    bound: expires(90 * DAY_S),
  },
  {
    names: ['guardexamples:<person>'],
    holds: 'pieces of what a policy minded of them, without personal data, sealed; the newest 20',
    kept: '14 days after the last',
    bound: expires(14 * DAY_S),
  },
  {
    names: ['out:<session>', 'outorder:<session>', 'outdue'],
    holds:
      'what AgentCore Memory is still to be told of a session, sealed, in order; and when it is tried next',
    kept: 'until Memory has it; 30 days after the last was added',
    bound: expires(30 * DAY_S),
  },
  {
    names: ['wakes:id', 'wakes:meta', 'wakes:events'],
    holds: "BullMQ's counter of wakes, its settings, and what it did last",
    kept: 'stays: one number, a few fields, at most 300 entries',
    // It is told 100, and cuts its events by whole blocks of a hundred.
    bound: constant(300),
  },
  {
    names: ['wakes:stalled-check'],
    holds: 'that some worker has just looked for wakes of lost workers',
    kept: '30 s',
    bound: expires(60),
  },
  {
    names: ['wakes:<name>'],
    holds: "BullMQ's queue of wakes, and each wake that waits or is under way",
    kept: 'while they wait; of a lost worker, about a minute',
    bound: work,
  },
  {
    names: ['audit:log', 'unsigned:audit:log'],
    holds: 'who did what, chained, about 360 bytes an entry; apart where no key is configured',
    kept: 'stays: the entries of the last `AUDIT_RETENTION_DAYS`',
    bound: { kind: 'pruned' },
  },
  {
    names: ['audit:head', 'unsigned:audit:head'],
    holds: 'where the audit log ends, signed',
    kept: 'stays: one value',
    bound: constant(1),
  },
  {
    names: ['audit:keys', 'unsigned:audit:keys'],
    holds:
      'names of the keys that signed the audit log, with KMS the wrapped keys; unsigned: its key in clear',
    kept: 'stays: a field for each rotation',
    bound: constant(100),
  },
];

/** The first family that a key belongs to; undefined for a key of nobody's. Pure. */
export function familyOf(keyPrefix: string, key: string): KeyFamily | undefined {
  if (!key.startsWith(`${keyPrefix}:`)) return undefined;
  const name = key.slice(keyPrefix.length + 1);
  return KEY_FAMILIES.find((family) => family.names.some((pattern) => matches(pattern, name)));
}

function matches(pattern: string, name: string): boolean {
  const [fixed = '', ...rest] = pattern.split(/<[^>]+>/);
  return rest.length === 0 ? name === fixed : name.startsWith(fixed) && name.length > fixed.length;
}
