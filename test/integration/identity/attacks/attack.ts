import { request } from 'node:http';
import type { Visit, Visitor } from '../../../../local/laptop/visitor.ts';
import type { Audit } from '../../../../src/audit/recorder.ts';
import type { ChatAccount } from '../../../../src/identity/chat-account.ts';
import { COOKIE, cookieOf, proposalIn, type Rig, type RigOptions } from '../rig.ts';

/** What somebody tries. It resolves when the attempt came to nothing, and rejects when it did harm. */
export interface Attack {
  /** Ends the sentence “no link comes of …”. */
  readonly title: string;
  readonly settings?: RigOptions;
  readonly run: (rig: Rig) => Promise<void>;
}

/** An audit log that takes nothing that must be on record. */
export const cannotWrite = (real: Audit): Pick<Audit, 'record' | 'note'> => ({
  record: async () => Promise.reject(new Error('the audit log cannot be written')),
  note: real.note,
});

export class Harm extends Error {}

/** None of these accounts is linked to anybody. */
export async function expectNoLink(rig: Rig, ...accounts: readonly ChatAccount[]): Promise<void> {
  for (const account of accounts) await expectLink(rig, account, undefined);
}

export async function expectLink(
  rig: Rig,
  account: ChatAccount,
  username: string | undefined,
): Promise<void> {
  const found = await rig.linkOf(account);
  if (found !== username) throw new Harm(`${account.id} is linked to ${found}, and should be to ${username}`);
}

export function expectThat(what: string, holds: boolean): void {
  if (!holds) throw new Harm(`not so: ${what}`);
}

/** The most that people can do wrong: whatever they are asked, all of these say Yes, on the page and in the chat. */
export async function everybodySaysYes(
  rig: Rig,
  page: Visit,
  browser: Visitor,
  ...people: readonly ChatAccount[]
): Promise<void> {
  const id = proposalIn(page);
  if (id !== '') await browser.submit(page, { decision: 'yes' });
  const questions = new Set([...rig.asked.map((question) => question.id), ...(id === '' ? [] : [id])]);
  for (const question of questions)
    for (const person of people) await rig.identity.answer(question, person, true);
}

/** Comes back from the hosted UI with these parameters, in this browser. */
export const comeBack = (rig: Rig, parameters: URLSearchParams, browser: Visitor): Promise<Visit> =>
  browser.request(`${rig.url}/link/callback?${parameters}`);

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  readonly body?: string;
}

/** A request as no browser would send it. */
export async function send(rig: Rig, path: string, raw: RawRequest = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly status: number;
    readonly location: string;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly text: string;
  }>();
  const headers = {
    ...(raw.cookie === undefined ? {} : { cookie: raw.cookie }),
    ...(raw.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...raw.headers,
  };
  const sent = request(`${rig.url}${path}`, { method: raw.method ?? 'GET', headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
    });
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        location: response.headers.location ?? '',
        headers: response.headers,
        text,
      }),
    );
    response.on('error', reject);
  });
  sent.on('error', reject);
  sent.end(raw.body);
  return promise;
}

export const cookieHeader = (browser: Visitor): string => `${COOKIE}=${cookieOf(browser)}`;

/** The form of the confirm page, filled in as its browser would. */
export const confirmForm = (page: Visit, decision = 'yes'): string =>
  new URLSearchParams({ proposal: proposalIn(page), decision }).toString();
