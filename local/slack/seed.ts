import type { Channel, User } from './model.ts';

/** The workspace that every stand-in starts with. Ids have Slack's shape: a letter and at least eight more. */
export const TEAM = { id: 'T0THREADCORE', name: 'Threadcore', domain: 'threadcore' } as const;
export const OUTSIDE_TEAM = { id: 'T0OUTSIDE000', name: 'Outside', domain: 'outside' } as const;
export const APP = { id: 'A0CLOUDENG00', botId: 'B0CLOUDENG00', botUserId: 'U0CLOUDENG00' } as const;

function person(name: string, realName: string, more: Partial<User> = {}): User {
  return {
    id: `U0${name.toUpperCase()}`.padEnd(12, '0'),
    name,
    realName,
    teamId: TEAM.id,
    isBot: false,
    isRestricted: false,
    isUltraRestricted: false,
    isStranger: false,
    locale: 'en-US',
    ...more,
  };
}

const BOT: User = person('cloud-engineer', 'Cloud Engineer', { id: APP.botUserId, isBot: true });

export const PEOPLE: readonly User[] = [
  person('alice', 'Alice Moreno'),
  person('bob', 'Bob Tanaka'),
  person('carol', 'Carol Weiss', { locale: 'de-DE' }),
  person('guest', 'Gus Visitor', { isRestricted: true }),
  person('solo', 'Sol Visitor', { isRestricted: true, isUltraRestricted: true }),
  person('external', 'Erin Outside', { teamId: OUTSIDE_TEAM.id, isStranger: true }),
];

export const USERS: readonly User[] = [BOT, ...PEOPLE];

/** `user1`, `user2`, …: members of #cloud, each with a direct message with the bot. For load. */
export function morePeople(count: number): User[] {
  return Array.from({ length: count }, (_, i) =>
    person(`user${i + 1}`, `User ${i + 1}`, { id: `U0USER${String(i + 1).padStart(5, '0')}` }),
  );
}

function idOf(name: string): string {
  const user = USERS.find((candidate) => candidate.name === name);
  if (user === undefined) throw new Error(`The seed has no user ${name}`);
  return user.id;
}

function channel(name: string, kind: Channel['kind'], members: readonly string[], shared = false): Channel {
  return {
    id: `C0${name.replaceAll('-', '').toUpperCase()}`.padEnd(11, '0').slice(0, 16),
    name,
    kind,
    isExternallyShared: shared,
    members: new Set(members.map(idOf)),
  };
}

/** Fresh channels and direct messages; membership changes later, so every workspace gets its own. */
export function seedChannels(more: readonly User[]): Channel[] {
  const inside = ['alice', 'bob', 'carol'];
  const direct = [...PEOPLE, ...more].map(
    (user): Channel => ({
      id: `D${user.id.slice(1, 11)}`,
      name: user.name,
      kind: 'im',
      isExternallyShared: user.isStranger,
      members: new Set([user.id, BOT.id]),
    }),
  );
  const cloud = channel('cloud', 'channel', [...inside, 'guest', BOT.name]);
  for (const user of more) cloud.members.add(user.id);
  return [
    channel('general', 'channel', [...inside, 'guest', 'solo', BOT.name]),
    cloud,
    // The bot is not here: what happens to a mention in such a channel is worth trying.
    channel('random', 'channel', inside),
    channel('incident-room', 'group', ['alice', 'bob', BOT.name]),
    {
      id: 'G0MPIMALICEBOB',
      name: 'mpdm-alice--bob--cloud-engineer-1',
      kind: 'mpim',
      isExternallyShared: false,
      members: new Set([...['alice', 'bob'].map(idOf), BOT.id]),
    },
    channel('partners', 'channel', ['alice', 'bob', 'external', BOT.name], true),
    ...direct,
  ];
}
