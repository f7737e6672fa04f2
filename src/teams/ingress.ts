import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TurnContext } from 'botbuilder';
import { welcomeText } from '../chat/notices.ts';
import type { Commands } from '../commands/commands.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept } from '../turns/accept-turn.ts';
import { readActivity, type TeamsActivity, tenantOf } from './activity.ts';
import type { Answer } from './adapter.ts';
import { createAuthentication } from './authenticate.ts';
import { createBackground } from './background.ts';
import { createCommandAnswers } from './command-answers.ts';
import { createTeamsFeedback, type FeedbackDeps } from './feedback.ts';
import { createFileConsents, type FileConsentsDeps } from './file-consents.ts';
import { createForgetting, type ForgettingDeps } from './forgetting.ts';
import { createPresses, type PressesDeps } from './presses.ts';
import { createQuestions, type QuestionsDeps } from './questions.ts';
import { createTeamsReceiver } from './receiver.ts';
import { type References, welcomeOf } from './references.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createTasks } from './tasks.ts';
import { createTelling, placeOf, type TellingDeps } from './telling.ts';
import { createTokenGate } from './token-gate.ts';

/** A place is greeted once. */
const GREETED_S = 400 * 86_400;

export interface TeamsIngressDeps
  extends Omit<QuestionsDeps, 'accept' | 'references' | 'answerCommand' | 'telling' | 'background'>,
    Omit<PressesDeps, 'accept' | 'commands' | 'references' | 'answerCommand' | 'ask'>,
    Omit<TellingDeps, 'background'>,
    Omit<FeedbackDeps, 'references'>,
    Omit<ForgettingDeps, 'references'>,
    Omit<FileConsentsDeps, 'background'> {
  readonly references: Pick<References, 'remember' | 'turnOf'>;
  readonly accept: Pick<Accept, 'acceptTurn' | 'retryTurn' | 'takesPart' | 'othersWrote'>;
  readonly commands: Commands;
  readonly appId: string | undefined;
  readonly allowUnauthenticatedLoopback: boolean;
  readonly serviceUrlHosts: ReadonlySet<string>;
  readonly openIdMetadataUrl: string;
  /** Milliseconds. */
  readonly monotonic: () => number;
  /** From a delivery to its answer, in milliseconds. */
  readonly onHandled: (ms: number) => void;
  readonly onRequestRefused: (why: string) => void;
  readonly log: Logger;
}

/** Teams' way in. */
export function createTeamsIngress(deps: TeamsIngressDeps) {
  const { appId, monotonic, log } = deps;
  const { run: background, idle } = createBackground(log);
  const telling = createTelling({ ...deps, background });
  const answerCommand = createCommandAnswers({ ...deps, background });
  const questions = createQuestions({ ...deps, answerCommand, telling, background });
  const press = createPresses({ ...deps, answerCommand, ask: createTasks({ ...deps, telling }) });
  const feedback = createTeamsFeedback(deps);
  const forget = createForgetting(deps);
  const consent = createFileConsents({ ...deps, background });
  const keys = createSigningKeys({
    metadataUrl: deps.openIdMetadataUrl,
    now: monotonic,
    onRefreshFailed: (error) =>
      log.warn({ err: error }, 'Teams’ keys could not be fetched anew; the old ones go on'),
  });
  const authentication = createAuthentication({
    ...deps,
    tenants: deps.rules.tenants,
    gate: appId === undefined ? undefined : createTokenGate({ appId, keys }),
  });

  async function greet(activity: TeamsActivity): Promise<void> {
    const place = welcomeOf(tenantOf(activity) ?? '', activity.conversation.id);
    if (!(await deps.once(place, GREETED_S))) return;
    background('nobody could be welcomed', () =>
      deps.voice.say(placeOf(activity), { text: welcomeText('teams') }),
    );
  }

  async function changed(activity: TeamsActivity): Promise<void> {
    const { membersAdded, recipient, action } = activity;
    const came = membersAdded?.some(({ id }) => id === recipient?.id) ?? false;
    if (came || action === 'add' || action === 'add-upgrade') return greet(activity);
    deps.onIgnored('conversation_change');
  }

  async function take(activity: TeamsActivity): Promise<Answer | undefined> {
    const { type, channelData, name } = activity;
    switch (type) {
      case 'message':
        await questions.written(activity);
        return undefined;
      case 'messageUpdate':
        if (channelData?.eventType === 'editMessage') await questions.edited(activity);
        else deps.onIgnored('not_a_new_message');
        return undefined;
      case 'messageDelete':
        await questions.deleted(activity);
        return undefined;
      case 'invoke':
        if (name === 'adaptiveCard/action') return (await forget(activity)) ?? press(activity);
        if (name === 'fileConsent/invoke') return consent(activity);
        if (name === 'message/submitAction') return feedback(activity);
        deps.onIgnored('unknown_invoke');
        return { status: 501 };
      case 'conversationUpdate':
      case 'installationUpdate':
        await changed(activity);
        return undefined;
      default:
        deps.onIgnored('unknown_activity');
        return undefined;
    }
  }

  async function listen(context: TurnContext): Promise<void> {
    const activity = readActivity(context.activity);
    if (!activity) return deps.onIgnored('malformed');
    const answer = await take(activity);
    if (answer) await context.sendActivity({ type: 'invokeResponse', value: answer });
  }

  const receive = createTeamsReceiver({ authentication, listen, onRefused: deps.onRequestRefused, log });

  return {
    /** Answers `POST /api/messages`. Needs the raw body. Never rejects. */
    async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const began = monotonic();
      await receive(request, response);
      deps.onHandled(monotonic() - began);
    },
    /** Resolves when nothing goes on any more after answers. */
    close: idle,
  };
}

export type TeamsIngress = ReturnType<typeof createTeamsIngress>;
