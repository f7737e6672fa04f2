import type { NoticeCode, Platform, ReplyNotice } from './vocabulary.ts';

const WELCOME =
  'Mention me with a question, or write to me directly. For example: “How many EC2 instances are running?” ' +
  'Write on in the same thread to follow up: I remember what you asked there. Each person in a thread has a conversation of their own with me. ' +
  'While I am at work, write `stop` to end it, `stop all` to end what waits as well, and `status` to see what is going on. ' +
  '`sessions` lists your conversations, `new` begins another one, `resume 3` goes on with an earlier one. ' +
  '`whoami` shows which company account you are, `link` signs you in, `unlink` forgets you.';

/** For people who do not know the bot yet. */
export const welcomeText = (platform: Platform): string =>
  `${WELCOME} ${platform === 'slack' ? '`/agent help`' : '`help`'} knows more words.`;

/** What a person reads, and whether asking the same again can help. Every text says what to do next. */
const NOTICES: Record<NoticeCode, { readonly text: string; readonly retry: boolean }> = {
  help: { text: welcomeText('slack'), retry: false },
  empty_question: {
    text: 'I saw my name but no question. Write it in the same message, for example: “How many EC2 instances are running?”',
    retry: false,
  },
  file_without_question: {
    text: 'I got a file but no question. Say what you would like to know, and paste the part that matters where you can.',
    retry: false,
  },
  agent_unreachable: {
    text: 'I could not reach the agent. Your question is kept: press Retry in a minute. If it happens again, tell your administrator.',
    retry: true,
  },
  agent_busy: {
    text: 'The agent is at its limit right now. Your question is kept: press Retry in a minute.',
    retry: true,
  },
  agent_misconfigured: {
    text: 'The agent refused the request, which looks like a setup problem. Tell your administrator; once it is mended, press Retry.',
    retry: true,
  },
  agent_failed: {
    text: 'The agent ran into an error and could not finish. Press Retry to ask again, or rephrase the question.',
    retry: true,
  },
  agent_timeout: {
    text: 'The agent gave no sign of life for too long, so I stopped waiting. Press Retry to ask again, or ask for less in one go.',
    retry: true,
  },
  agent_cut_off: {
    text: 'The connection to the agent broke before the answer was complete. Press Retry to ask again.',
    retry: true,
  },
  question_blocked: {
    text: 'The content policy of your organisation does not let me take this question. Rephrase it, or ask something else.',
    retry: false,
  },
  guardrail_unavailable: {
    text: 'I could not check this against the content policy of your organisation, so I show nothing more. That is temporary: press Retry in a minute. If it happens again, tell your administrator.',
    retry: true,
  },
  answer_blocked: {
    text: 'The rest of this answer was withheld by a content policy. Try to rephrase the question.',
    retry: false,
  },
  answer_limited: {
    text: 'The answer reached the agent’s length limit. Ask it to go on, or ask for less in one go.',
    retry: false,
  },
  approval_unsupported: {
    text: 'The agent asked for an approval, which this version cannot show yet. Nothing was executed.',
    retry: false,
  },
  outcome_unknown: {
    text: 'The agent was interrupted while it was changing something, and I cannot tell whether the change went through. Please check before you ask again.',
    retry: false,
  },
  identity_unavailable: {
    text: 'I could not check who you are, so I asked the agent nothing. Press Retry in a minute. If it happens again, tell your administrator.',
    retry: true,
  },
  sign_in_needed: {
    text: 'I have to know who you are before I can answer. Write `link` to me in a direct message, sign in, and then press Retry.',
    retry: true,
  },
  link_lapsed: {
    text: 'I kept this question, but nobody signed in for it. Write `link` to me, sign in, and then press Retry.',
    retry: true,
  },
  memory_unavailable: {
    text: 'My memory is out of reach at the moment, so I may not have known what was said earlier. What we say now is added to it once it is back.',
    retry: false,
  },
  stopped: { text: 'Stopped. What was answered so far stays above. Press Retry to ask again.', retry: true },
  stopped_by_operator: {
    text: 'An administrator stopped this. What was answered so far stays above. Press Retry to ask again, or ask your administrator.',
    retry: true,
  },
  stopped_for_newer: {
    text: 'Stopped, because you asked something newer in this thread. Press Retry to ask this again.',
    retry: true,
  },
  stopped_in_change: {
    text: 'Stopped while the agent was changing something, and I cannot tell whether the change went through. Please check before you ask again.',
    retry: false,
  },
  internal: {
    text: 'Something went wrong on our side. Press Retry to ask again. If it happens again, tell your administrator.',
    retry: true,
  },
};

export function notice(code: NoticeCode): ReplyNotice {
  return { code, ...NOTICES[code] };
}
