import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisCommands } from '../../local/redis/resp.ts';
import { personId } from '../../src/chat/keys.ts';
import { openGuardrail } from '../integration/guardrails/endpoint.ts';
import { eventually } from '../setup/eventually.ts';
import { makeSecret } from '../unit/chat/known-secrets.ts';
import { answerOf } from '../unit/guardrails/scripted-guardrail.ts';
import { type Stack, startStack } from './stack.ts';
import { ask } from './thread.ts';

/** The whole of Threadcore with a guardrail that minds a few words. */
const RULES = { masked: ['Alice Smith'], blocked: ['buy gold'] };

async function open(mode: string) {
  let down = false;
  const guardrail = await openGuardrail(({ texts }) =>
    down ? { status: 400, error: 'ValidationException' } : { body: answerOf(texts, RULES) },
  );
  // The SDK reads it at the first call. Stubs of vitest are taken back before that.
  process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = guardrail.url;
  const stack = await startStack({
    env: {
      GUARDRAIL_MODE: mode,
      BEDROCK_GUARDRAIL_ID: 'gr1234567890',
      BEDROCK_GUARDRAIL_VERSION: '2',
      ALLOWED_LINK_HOSTS: 'docs.example.org',
    },
  });
  return {
    stack,
    guardrail,
    fail(yes: boolean) {
      down = yes;
    },
    async close() {
      await stack.close();
      await guardrail.close();
      delete process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME;
    },
  };
}

type Guarded = Awaited<ReturnType<typeof open>>;

/** As their App Home does. */
const setLanguage = ({ redisUrl }: Stack, id: string, language: 'de') =>
  redisCommands(redisUrl, [
    ['HSET', `{tc}:person:${personId({ id, tenant: 'T0THREADCORE' })}`, 'language', language],
  ]);

const metricsOf = async (stack: Stack) => (await fetch(`${stack.backend.url}/metrics`)).text();

describe('a bot whose guardrail is enforced', () => {
  let guarded: Guarded;
  beforeAll(async () => {
    guarded = await open('enforce');
  });
  afterAll(() => guarded?.close());

  it('answers an ordinary question, asking the guardrail in both directions', async () => {
    const { reply } = await ask(guarded.stack, 'alice', 'dm', 'how many EC2 instances are running?');
    expect(reply.text).toContain('4 EC2 instances are running');
    expect(new Set(guarded.guardrail.asked.map(({ source }) => source))).toEqual(
      new Set(['INPUT', 'OUTPUT']),
    );
  });

  it('masks what it masks for the agent, too, so that even an echo does not show it', async () => {
    const { reply } = await ask(guarded.stack, 'alice', 'dm', 'echo Alice Smith was here');
    expect(reply.text).toContain('{NAME} was here');
    expect(JSON.stringify(guarded.stack.slack.calls)).not.toContain('Alice Smith');
  });

  it('refuses a question kindly, says why, and takes a dispute', async () => {
    const { stack } = guarded;
    const { reply, ts, channelId } = await ask(stack, 'bob', 'dm', 'How do I buy gold?');
    expect(reply.text).toBe('');
    expect(reply.notices.join()).toContain('I am here for cloud engineering');
    expect(JSON.stringify(stack.slack.state.messages(channelId).at(-1))).not.toContain('gold');
    // Neither in words nor as the name that Slack shows for the thread.
    expect(JSON.stringify(stack.slack.calls)).not.toContain('gold');
    for (const actionId of ['turn_why', 'turn_dispute']) {
      const pressed = await stack.slack.interactions.click({
        user: 'bob',
        channel: 'dm',
        ts: reply.ts,
        actionId,
      });
      expect(pressed.status).toBe(200);
    }
    const whispers = () => JSON.stringify(stack.slack.state.messages(channelId));
    await eventually(
      'the answers',
      () => whispers().includes('named topics') && whispers().includes('on record'),
    );
    expect(ts).toBeDefined();
    await eventually('the count', async () =>
      (await metricsOf(stack)).includes('threadcore_guardrail_interventions_total{policy="topic"'),
    );
  });

  it('takes no name that a policy minds, and keeps another as it is masked', async () => {
    const { stack } = guarded;
    const agent = async (text: string) => {
      const command = { user: 'carol', channel: 'dm', command: '/agent', text };
      return JSON.stringify(await stack.slack.interactions.command(command));
    };
    await agent('new where to buy gold');
    await agent('new for Alice Smith');
    await agent('sessions');
    const channel = stack.slack.state.channels.find(({ id }) => id.startsWith('D0CAROL'));
    const said = JSON.stringify(stack.slack.state.messages(channel?.id ?? ''));
    // Carol has Slack in German.
    expect(said).toContain('Diese Worte kann ich nicht annehmen');
    expect(said).toContain('for {NAME}');
    expect(said).toContain('Your conversations (1)');
    expect(said).not.toMatch(/gold|Alice/);
  });

  it('puts on record and counts what a policy minded, by channel and day', async () => {
    const { stack } = guarded;
    await eventually('the entries', async () =>
      /audit_entries_total\{outcome="written",type="guardrail\.intervened"\}/.test(await metricsOf(stack)),
    );
    const day = new Date().toISOString().slice(0, 10);
    // They are written once a second, so not all at the same time.
    const counted = await eventually('the counts of both', async () => {
      const [fields] = await redisCommands(stack.redisUrl, [['HGETALL', `{tc}:guardcounts:${day}`]]);
      return (
        ['"question","blocked"', '"words","blocked"'].every((one) => String(fields).includes(one)) && fields
      );
    });
    expect(counted).toContain(JSON.stringify(['question', 'blocked', 'topic', 'enforce', 'direct']));
    expect(counted).toContain(JSON.stringify(['words', 'blocked', 'topic', 'enforce', 'direct']));
  });

  it('goes on with the next question', async () => {
    const { reply } = await ask(
      guarded.stack,
      'bob',
      'dm',
      'echo all well https://docs.example.org/a https://evil.com/b',
    );
    expect(reply.text).toContain('all well https://docs.example.org/a');
    expect(reply.text).not.toContain('https://evil.com');
  });

  it('shows nothing while the guardrail fails, and says that this is temporary', async () => {
    guarded.fail(true);
    const { reply } = await ask(guarded.stack, 'bob', 'dm', 'echo anything at all');
    expect(reply.text).toBe('');
    expect(reply.notices.join()).toContain('temporary');
    guarded.fail(false);
  });

  it.each([
    ['has Slack in', 'carol', async () => undefined],
    ['has set for answers', 'alice', (stack: Stack) => setLanguage(stack, 'U0ALICE00000', 'de')],
  ])('says so, and why, in the language that the person %s', async (_, user, prepare) => {
    const { stack } = guarded;
    await prepare(stack);
    const { reply, channelId } = await ask(stack, user, 'dm', 'How do I buy gold?');
    expect(reply.notices.join()).toContain('Ich bin für Cloud-Technik da');
    await stack.slack.interactions.click({ user, channel: 'dm', ts: reply.ts, actionId: 'turn_why' });
    await eventually('why', () =>
      JSON.stringify(stack.slack.state.messages(channelId)).includes('Ihre Organisation hat Themen benannt'),
    );
  });
});

describe('a bot whose guardrail only looks on', () => {
  let guarded: Guarded;
  beforeAll(async () => {
    guarded = await open('shadow');
  });
  afterAll(() => guarded?.close());

  it('shows everything, and counts what would have been withheld', async () => {
    const { reply } = await ask(guarded.stack, 'alice', 'dm', 'echo Alice Smith may buy gold');
    expect(reply.text).toContain('Alice Smith may buy gold');
    await eventually('the count', async () => (await metricsOf(guarded.stack)).includes('mode="shadow"'));
  });

  it('asks and answers nothing with a secret in it all the same', async () => {
    const { stack, guardrail } = guarded;
    const key = makeSecret('github', 1);
    const { reply } = await ask(stack, 'bob', 'dm', `echo ${key}`);
    expect(reply.text).toBe('');
    expect(reply.notices.join()).toContain('password, key or token');
    expect(JSON.stringify([stack.slack.calls, guardrail.asked])).not.toContain(key);
    await eventually('the count', async () =>
      /interventions_total\{policy="secret".*mode="shadow"/.test(await metricsOf(stack)),
    );
  });
});
