import type { ErasureStep } from './steps.ts';

/**
 * For each family of keys (`store/key-families.ts`, by its first name): how a person is erased from it. A step of the
 * erasure; or `end`, with the erasure itself; or why nothing has to be done. docs/privacy.md shows it; a test holds it to
 * the families, and the steps to it.
 */
export type KeyErasure = ErasureStep | 'end' | { readonly stays: string };

const stays = (why: string): KeyErasure => ({ stays: why });
const NOBODY = stays('says nothing about anybody');

export const KEY_ERASURE: Readonly<Record<string, KeyErasure>> = {
  'claim:<name>': 'marks',
  'turn:<id>': 'turns',
  'lane:<id>': 'turns',
  'lease:<lane>': 'turns',
  ready: 'turns',
  'thread:<id>': stays(
    'a digest of a place in the chat, that the bot takes part there, and a number by which the next question there is told from one of somebody else; goes by itself',
  ),
  's:<person>:<number>': 'sessions',
  'directory:<person>': 'sessions',
  'current:<lane>': 'sessions',
  'next:<lane>': 'sessions',
  leftovers: 'sessions',
  idle: 'sessions',
  namekey: NOBODY,
  'feedback:<turn>': 'feedback',
  fence: NOBODY,
  running: NOBODY,
  workers: NOBODY,
  dead: 'turns',
  'quota:<tenant>': 'turns',
  parked: 'turns',
  'parked:<person>': 'end',
  'link:<person>': 'link',
  'account:<sub>': 'link',
  'linklock:<person>': stays('a random word for 15 seconds'),
  'ticket:<name>': 'link',
  'person:<person>': 'settings',
  'hometurns:<person>': 'settings',
  homedue: 'settings',
  'guest:<person>': 'marks',
  'teamsplace:<thread>': 'end',
  'teamsperson:<person>': 'end',
  'teamsheard:<thread>': 'marks',
  'teamsfile:<name>': 'exports',
  'forgetask:<person>': 'marks',
  'teamsanswer:<name>': stays('the name of a turn that is gone, under a digest'),
  guardrailquota: NOBODY,
  'guardcounts:<day>': stays('counts, by channel; direct messages are counted together'),
  'guardexamples:<person>': 'turns',
  'consent:<name>': stays('does not say whose it is; ten minutes'),
  erasures: 'end',
  latelooks: stays('a digest, sealed where there are keys, to erase what Memory learns late; two hours'),
  'exports:<person>': 'exports',
  'exported:<person>': 'exports',
  'attempts:<name>': stays('a count under a digest, against those who try for ever; ten minutes'),
  paused: NOBODY,
  'pace:teams:<thread>': stays('when calls were made, under a digest of the conversation; about an hour'),
  'pace:<workspace>:<method>': stays('when calls were made, by conversation; ten minutes at most'),
  'paceheld:<workspace>': NOBODY,
  'pacestrict:<workspace>:<name>': NOBODY,
  'memoryquota:<kind>': stays('when calls were made, by digests; seconds'),
  'memoryturns:<kind>': stays('who waits to make a call, by digests; seconds'),
  'out:<session>': 'outbox',
  'wakes:id': NOBODY,
  'wakes:stalled-check': NOBODY,
  'wakes:<name>': stays('wakes name nobody'),
  'audit:log': stays('who did what, by pseudonyms: what was recorded outlives an erasure'),
  'audit:head': NOBODY,
  'audit:keys': NOBODY,
};
