import { type AdmissionRules, admit } from '../chat/admission.ts';
import type { AccountCommands, Asker } from '../commands/account.ts';
import type { Commands } from '../commands/commands.ts';
import type { ConversationActions } from '../commands/conversations.ts';
import { RETRY_SPENT, refusedText, retryText } from '../commands/intake-words.ts';
import { disputedText, type WithheldAnswers } from '../commands/withheld.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { VERBS } from './cards.ts';
import type { CommandAnswers } from './command-answers.ts';
import { activityClaim, type Whereabouts, whereabouts } from './normalise.ts';
import { badRequest, broken, forbidden, replacing, saying, showing } from './press-answers.ts';
import { type PressData, readPress } from './press-data.ts';
import type { References } from './references.ts';
import { createSessionPresses } from './session-presses.ts';
import type { createTasks } from './tasks.ts';
import { ASKED, NO_SUCH_BUTTON, NOT_STORED, SAID_BELOW, SENT_ALONE, UNREADABLE } from './words.ts';

export interface PressesDeps {
  readonly rules: AdmissionRules;
  readonly accept: Pick<Accept, 'retryTurn'>;
  readonly commands: Pick<Commands, 'stopTurn'>;
  readonly account: Pick<AccountCommands, 'answer'>;
  readonly conversations: ConversationActions;
  readonly withheld: WithheldAnswers;
  readonly answerCommand: CommandAnswers;
  readonly ask: ReturnType<typeof createTasks>;
  readonly references: Pick<References, 'remember'>;
  readonly onIgnored: (why: string) => void;
  readonly log: Logger;
}

/** Who pressed a button, and where. */
interface Pressed {
  readonly activity: TeamsActivity;
  readonly where: Whereabouts;
  readonly data: PressData;
  /** However often Teams delivers it, it is one press. */
  readonly claim: string;
}

/** What people press on cards (`adaptiveCard/action`). Answers what the presser sees. Never throws. */
export function createPresses(deps: PressesDeps): (activity: TeamsActivity) => Promise<Answer> {
  const { accept, commands, account, withheld } = deps;
  const pressSession = createSessionPresses(deps.conversations);

  function ignored(why: string, answer: Answer): Answer {
    deps.onIgnored(why);
    return answer;
  }

  async function pressed(verb: string, press: Pressed): Promise<Answer> {
    const { activity, where, data, claim } = press;
    const { turn = '' } = data;
    switch (verb) {
      case VERBS.stop:
        return saying((await commands.stopTurn(turn, where)).text);
      case VERBS.retry: {
        const result = await accept.retryTurn(turn, where.sender);
        const text = retryText(result, 'teams');
        return RETRY_SPENT.has(result) ? replacing(text) : saying(text);
      }
      case VERBS.why:
        return saying(await withheld.explain(turn, where.sender));
      case VERBS.dispute:
        return replacing(disputedText(await withheld.dispute(turn, where.sender)));
      case VERBS.linkYes:
      case VERBS.linkNo:
        return replacing(await account.answer(data.proposal ?? '', where, verb === VERBS.linkYes));
      case VERBS.task: {
        const { task: id = '', language = 'en' } = data;
        const known = await deps.ask(activity, where, { id, language, claim });
        return known ? saying(ASKED) : ignored('unknown_action', badRequest(NO_SUCH_BUTTON));
      }
      case VERBS.command: {
        if (data.command === undefined) return ignored('malformed', badRequest(UNREADABLE));
        const command =
          data.command === 'sessions' ? { name: data.command, words: '' } : { name: data.command };
        const carried = await deps.answerCommand({ activity, where, command, claim, addressed: true }, true);
        return saying(carried === 'alone' ? SENT_ALONE : SAID_BELOW);
      }
      default:
        return sessionPressed(verb, press);
    }
  }

  async function sessionPressed(verb: string, { activity, where, data, claim }: Pressed): Promise<Answer> {
    const { place, list = {} } = data;
    const locale = activity.locale ?? undefined;
    const asker: Asker = { ...where, key: { ...where.key, ...place }, locale };
    // The card says where it was asked for; whether they may use the bot there is asked anew.
    const refusal = place ? admit({ ...asker, kind: 'channel' }, deps.rules) : 'admitted';
    if (refusal !== 'admitted') return ignored(refusal, forbidden(refusedText('teams')));
    const state = { list, place, account: activity.from?.id };
    const card = await pressSession(verb, { asker, data, claim, state });
    return card ? showing(card) : ignored('unknown_action', badRequest(NO_SUCH_BUTTON));
  }

  return async (activity) => {
    const press = readPress(activity.value);
    const where = whereabouts(activity);
    if (!press || !where) return ignored('malformed', badRequest(UNREADABLE));
    const admission = admit(where, deps.rules);
    if (admission !== 'admitted') return ignored(admission, forbidden(refusedText('teams')));
    try {
      await deps.references.remember(activity, where);
      const claim = `press:${activityClaim(where.key, activity.id ?? String(activity.timestamp))}`;
      return await pressed(press.verb, { activity, where, data: press.data, claim });
    } catch (error) {
      // Teams delivers no press again; it shows the presser that it did not work.
      deps.log.error({ err: error, verb: press.verb }, 'a press could not be carried out');
      return broken(NOT_STORED);
    }
  };
}
