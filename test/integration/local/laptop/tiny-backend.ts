import { createServer } from 'node:http';

/**
 * The least that laptop mode needs of a backend: it is ready, and it answers mentions through Slack's Web API.
 * Run as a program. The first argument says how it behaves: answer | fail | silent | broken | crash.
 */
const mode = process.argv[2] ?? 'answer';
const { PORT = '', SLACK_API_URL = '', SLACK_BOT_TOKEN = '' } = process.env;

if (mode === 'broken') {
  console.error('AGENT_RUNTIME_ARN is missing');
  process.exit(3);
}

async function slack(method: string, body: object): Promise<{ ts: string }> {
  const response = await fetch(`${SLACK_API_URL}${method}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${SLACK_BOT_TOKEN}`,
      'content-type': 'application/json; charset=utf-8',
    },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { ok: boolean; ts: string };
  if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(answer)}`);
  return answer;
}

interface Mention {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
}

async function reply({ channel, ts, user }: Mention): Promise<void> {
  if (mode === 'silent') return;
  if (mode === 'crash') process.exit(9);
  const thread = { channel, thread_ts: ts };
  if (mode === 'fail') {
    const button = {
      type: 'button',
      action_id: 'turn_retry',
      text: { type: 'plain_text', text: 'Retry' },
      value: 'x',
    };
    const blocks = [
      { type: 'section', text: { type: 'mrkdwn', text: 'I could not reach the agent.' } },
      { type: 'actions', elements: [button] },
    ];
    await slack('chat.postMessage', { ...thread, text: 'I could not reach the agent.', blocks });
    return;
  }
  const step = (status: string) => ({ type: 'task_update', id: 'one', title: 'List instances', status });
  const words = (text: string) => ({ type: 'markdown_text', text });
  const stream = await slack('chat.startStream', {
    ...thread,
    recipient_user_id: user,
    recipient_team_id: 'T0THREADCORE',
    task_display_mode: 'timeline',
    chunks: [step('in_progress')],
  });
  const at = { channel, ts: stream.ts };
  await slack('chat.appendStream', { ...at, chunks: [step('complete'), words('There are ')] });
  await slack('chat.stopStream', { ...at, chunks: [words('5 instances.')] });
}

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += String(chunk);
  });
  request.on('end', () => {
    response.end('ok');
    if (request.method !== 'POST') return;
    const { event } = JSON.parse(body) as { event?: Mention & { type: string } };
    if (event?.type === 'app_mention') void reply(event);
  });
});
server.listen(Number(PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
