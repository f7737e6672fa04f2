import { createVisitor, type Visit, type Visitor } from '../../local/laptop/visitor.ts';
import { findElements } from '../../local/slack/elements.ts';
import type { Message } from '../../local/slack/model.ts';
import { LINK_NO_ACTION, LINK_OPEN_ACTION, LINK_YES_ACTION } from '../../src/slack/link-blocks.ts';
import { eventually } from '../setup/eventually.ts';
import type { Stack } from './stack.ts';

/** The steps of an account link, one by one, as people (and attackers) take them. */

/** What only this person sees in a channel, oldest first. */
export function whispersTo(stack: Stack, user: string, channel: string): readonly Message[] {
  const { user: person, channel: place } = stack.slack.people.place(user, channel);
  return stack.slack.state.messages(place.id).filter((message) => message.ephemeralFor === person.id);
}

const buttons = (message: Message, action: string) =>
  findElements(message.blocks).filter(({ element }) => element.action_id === action);

export function linkIn(message: Message): string | undefined {
  const url = buttons(message, LINK_OPEN_ACTION)[0]?.element.url;
  return typeof url === 'string' ? url : undefined;
}

/** The address in the newest prompt that a person sees there; waits for the first, or for another than `not`. */
export const promptFor = (stack: Stack, user: string, channel: string, not?: string): Promise<string> =>
  eventually(`a prompt to sign in for ${user}`, () =>
    whispersTo(stack, user, channel)
      .map(linkIn)
      .findLast((url) => url !== undefined && url !== not),
  );

/** Opens a prompt's address and signs in; answers the page that comes then. */
export async function signInAs(
  stack: Stack,
  url: string,
  username: string,
  visitor: Visitor = createVisitor(),
): Promise<Visit> {
  const page = await visitor.open(url);
  if (!page.text.includes('name="password"')) return page;
  const person = stack.cognito.users.find((each) => each.username === username);
  return visitor.submit(page, { username, password: person?.password ?? '' });
}

/** The question in the chat whether it was the person who signed in. */
export const finalQuestion = (stack: Stack, user: string, channel: string): Promise<Message> =>
  eventually(`the last question to ${user}`, () =>
    whispersTo(stack, user, channel).findLast((message) => buttons(message, LINK_YES_ACTION).length > 0),
  );

/** Presses Yes or No there. */
export async function answerInChat(
  stack: Stack,
  user: string,
  channel: string,
  question: Message,
  yes: boolean,
): Promise<void> {
  const actionId = yes ? LINK_YES_ACTION : LINK_NO_ACTION;
  await stack.slack.interactions.click({ user, channel, ts: question.ts, actionId });
}

/** All of it. */
export async function linkUp(
  stack: Stack,
  user: string,
  channel: string,
  url: string,
  username = user,
): Promise<void> {
  const visitor = createVisitor();
  const confirm = await signInAs(stack, url, username, visitor);
  await visitor.submit(confirm, { decision: 'yes' });
  await answerInChat(stack, user, channel, await finalQuestion(stack, user, channel), true);
}
