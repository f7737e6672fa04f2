import { blockMessage } from '../../src/chat/block-messages.ts';
import { notice } from '../../src/chat/notices.ts';
import type { NoticeCode } from '../../src/chat/vocabulary.ts';
import { FAILURE_POLICY, type FailureCode, type FailurePolicy } from '../../src/turns/failure-policy.ts';
import { isEnd, TRANSITIONS, TURN_STATES } from '../../src/turns/states.ts';

const INTRODUCTION = `# What can fail, and what happens then

<!-- Made by \`npm run docs\` from src/turns/failure-policy.ts and src/turns/states.ts; edit those. -->

Every failure of a turn ends in something its person can read. Two rules stand above the table:

- A turn that may have begun is only ever attached to (with \`AGENT_PROTOCOL=generic\`: never invoked again), until the agent
  says that it does not know it; then it is begun anew only if nothing with effect can have happened.
- Once the agent was seen to begin a change, a turn that cannot be followed to its end ends as \`unknown\`: “${notice('outcome_unknown').text}”

Waits between tries vary by a quarter up and down. Turns that end as \`failed\` or \`unknown\` are listed by
\`npm run ops -- turns list\`, with the name in the first column as their reason; \`turns retry\` asks again, \`turns drop\` forgets.
`;

/** The page that lists every failure; the same code gives the same page. */
export function failuresPage(): string {
  const rows = (Object.entries(FAILURE_POLICY) as [FailureCode, FailurePolicy][]).map(([code, policy]) =>
    [
      `\`${code}\``,
      policy.stopsSession ? `${policy.means} Its session is stopped.` : policy.means,
      again(policy),
      `\`${policy.end}\``,
      policy.notice ? whatIsRead(policy.notice) : 'nothing: there is no way to show it',
      policy.operator,
    ].join(' | '),
  );
  return [
    INTRODUCTION,
    '| failure | what happened | tried again | ends as | the person reads | the operator looks at |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    '',
    '## States of a turn',
    '',
    'Redis takes no other step than these, and keeps the time of each (`npm run ops -- turns show <turn>`).',
    '',
    '| state | next |',
    '|---|---|',
    ...TURN_STATES.map(
      (state) =>
        `| \`${state}\` | ${isEnd(state) ? 'an end' : TRANSITIONS[state].map((next) => `\`${next}\``).join(', ')} |`,
    ),
    '',
  ].join('\n');
}

/** Of what was withheld people read more than the notice says: it is told by policy. */
function whatIsRead(code: NoticeCode): string {
  const general = `“${notice(code).text}”`;
  const words = BY_POLICY[code];
  return words
    ? `${general} Where a policy is known, its words (\`GUARDRAIL_MESSAGES\`), such as “${words}”`
    : general;
}

const BY_POLICY: Partial<Record<NoticeCode, string>> = {
  question_blocked: blockMessage('question', 'topic', 'en'),
  answer_blocked: blockMessage('answer', 'topic', 'en'),
  guardrail_unavailable: blockMessage('question', 'unavailable', 'en'),
};

function again({ startAfterMs, attachAfterMs }: FailurePolicy): string {
  const ways = [
    ...(startAfterMs.length > 0 ? [`begun again after ${seconds(startAfterMs)}`] : []),
    ...(attachAfterMs.length > 0 ? [`looked for after ${seconds(attachAfterMs)}`] : []),
  ];
  return ways.length === 0 ? 'no' : ways.join('; ');
}

const seconds = (waits: readonly number[]) => `${waits.map((ms) => ms / 1000).join(', ')} s`;
