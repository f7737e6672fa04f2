import { randomBytes } from 'node:crypto';
import type { Json, Message } from '../../../local/teams/model.ts';
import type { AdmissionRules } from '../../../src/chat/admission.ts';
import { chatActor } from '../../../src/chat/keys.ts';
import { EMPTY_VIEW } from '../../../src/chat/vocabulary.ts';
import { createAccountCommands } from '../../../src/commands/account.ts';
import { createCommands } from '../../../src/commands/commands.ts';
import { predefinedTasks } from '../../../src/main/home.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createAccept } from '../../../src/turns/accept-turn.ts';
import { createLanes } from '../../../src/turns/lanes.ts';
import { createOperator } from '../../../src/turns/operator.ts';
import { createQuestionChanges } from '../../../src/turns/question-changes.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { noPrivacy } from '../../setup/no-privacy.ts';
import { type ConversationsOptions, conversationsRig } from '../commands/conversations-of.ts';
import { startTeamsIngress } from './teams-ingress.ts';

const PREFIX = '{tc}';
const SIGN_IN = { text: 'Sign in.', button: { label: 'Sign in', url: 'https://idp.example/once' } };

export interface PressOptions {
  /** The message that begins the thread, in a channel. */
  readonly root?: string;
  /** Of the activity; the same one is the same press. */
  readonly id?: string;
}

export type TeamsConversations = Awaited<ReturnType<typeof startTeamsConversations>>;

/** Teams before the real web role, with people's real conversations, on a real Redis; the test answers the questions. */
export async function startTeamsConversations(
  options: ConversationsOptions & { readonly rules?: Partial<AdmissionRules> } = {},
) {
  const log = createLogger({ level: 'silent' });
  let parts: ReturnType<typeof compose> | undefined;
  const disputed: string[] = [];

  function compose(redis: Parameters<typeof createLanes>[0]) {
    const lanes = createLanes(redis, PREFIX, { leaseMs: 60_000 });
    const operator = createOperator(redis, PREFIX);
    const people = conversationsRig(redis, PREFIX, options);
    const shared = { redis, keyPrefix: PREFIX, confirmDurable: async () => undefined, log };
    return {
      lanes,
      operator,
      people,
      accept: createAccept({
        ...shared,
        lanes,
        wakes: { add: async () => undefined },
        randomBytes,
        observe: () => undefined,
      }),
      changes: createQuestionChanges({ ...shared, observe: () => undefined }),
    };
  }

  const ingress = await startTeamsIngress({
    ...(options.rules ? { rules: options.rules } : {}),
    deps: (redis) => {
      parts = compose(redis);
      const { conversations } = parts.people;
      return {
        accept: parts.accept,
        changes: parts.changes,
        conversations,
        withheld: {
          explain: async (turn) => `A rule matched in ${turn}.`,
          async dispute(turn, who) {
            disputed.push(`${turn} ${who.id}`);
            return true;
          },
        },
        commands: createCommands({
          operator: parts.operator,
          account: {
            ...createAccountCommands(undefined),
            link: async () => SIGN_IN,
          },
          privacy: noPrivacy,
          conversations,
          tasks: predefinedTasks,
          now: () => Date.now(),
        }),
      };
    },
  });
  if (!parts) throw new Error('the ingress took no parts');
  const { lanes, people, operator } = parts;
  const { teams } = ingress;
  const actorOf = options.actorOf ?? (async (asker) => chatActor(asker));

  /** Answers the oldest question: in which session, and what was asked. */
  async function answer(): Promise<{ readonly session: string; readonly turn: ClaimedTurn }> {
    const turn = await lanes.claim('worker');
    if (!turn) throw new Error('nothing waits');
    const actor = (await actorOf(turn.message)) ?? chatActor(turn.message);
    const { session } = await people.answering.sessionFor(turn, actor);
    await lanes.post(turn, { end: 'done', reason: 'answered', view: EMPTY_VIEW });
    await lanes.finish(turn, 'done', 'answered');
    return { session, turn };
  }

  /** Everything that the bot has written somewhere, cards as JSON. */
  const writtenIn = (conversation: string): string[] =>
    teams.messages
      .filter((one) => one.from === 'bot' && one.conversation === conversation)
      .map(({ activity }) => textOf(activity));

  return {
    ...ingress,
    people,
    operator,
    lanes,
    disputed,
    answer,
    writtenIn,

    /** Asks and is answered. */
    async ask(who: string, where: string, text: string, root = '') {
      const told = await teams.say(who, where, text, root);
      return { ...told, ...(await answer()) };
    },

    /** Says a command, and answers the first message of the bot below it. */
    async command(who: string, where: string, text: string, root = ''): Promise<Message> {
      const { message, status, body } = await teams.say(who, where, text, root);
      if (status !== 200) throw new Error(`${text} was answered with ${status} ${body}`);
      return eventually(`an answer to ${text}`, () => teams.repliesTo(message)[0]);
    },

    /** Presses a button of a card that says so, as somebody; with what they fill in. Answers what Teams is to show. */
    async press(
      who: string,
      where: string,
      button: Json | undefined,
      filled: Json = {},
      more: PressOptions = {},
    ) {
      if (!button) throw new Error('there is no such button');
      const value = {
        action: { type: 'Action.Execute', verb: button.verb, data: { ...(button.data as Json), ...filled } },
        trigger: 'manual',
      };
      const fields = {
        type: 'invoke',
        name: 'adaptiveCard/action',
        value,
        ...(more.id === undefined ? {} : { id: more.id }),
      };
      const { status, body } = await teams.act(who, where, fields, more.root);
      if (status !== 200) throw new Error(`the press was answered with ${status} ${body}`);
      return JSON.parse(body) as { statusCode: number; type: string; value: Json & string };
    },
  };
}

export const textOf = (activity: Json): string =>
  activity.attachments === undefined ? String(activity.text) : JSON.stringify(activity.attachments);

/** The card of a message. */
export function cardIn({ activity }: Pick<Message, 'activity'>): Json {
  const [one] = (activity.attachments ?? []) as { content: Json }[];
  if (!one) throw new Error(`there is no card: ${JSON.stringify(activity)}`);
  return one.content;
}

/** All buttons of a card, in their order. */
export function buttonsOf(card: Json): Json[] {
  const found: Json[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ((value as Json).type === 'Action.Execute' && 'title' in value) found.push(value as Json);
    for (const inner of Object.values(value)) look(inner);
  };
  look(card);
  return found;
}

/** A button by its title, and by what it is about. */
export const button = (card: Json, title: string, of = ''): Json | undefined =>
  buttonsOf(card).find((one) => one.title === title && String(one.tooltip).includes(of));
