import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../../agent-runtime/models/offline/conversation.ts';
import { decide, OFFLINE_NOTE } from '../../../../agent-runtime/models/offline/rules.ts';

const asked = (question: string, answer = 'ok'): Exchange => ({ question, notes: [], outcomes: [], answer });
const ask = (...questions: string[]) => {
  const last = questions.pop() ?? '';
  return decide([...questions.map((question) => asked(question)), asked(last, '')]);
};
const calls = (...questions: string[]) => {
  const plan = ask(...questions);
  return plan.kind === 'call' ? plan.calls : plan.kind;
};
const said = (...questions: string[]) => {
  const plan = ask(...questions);
  return plan.kind === 'say' ? plan.text : plan.kind;
};

describe('the rules of the offline model', () => {
  test.each([
    ['how many EC2 instances are running?', [{ name: 'list_ec2_instances', input: { state: 'running' } }]],
    ['List all my servers', [{ name: 'list_ec2_instances', input: {} }]],
    [
      'running and stopped instances',
      [
        { name: 'list_ec2_instances', input: { state: 'running' } },
        { name: 'list_ec2_instances', input: { state: 'stopped' } },
      ],
    ],
    ['instances tagged Team=Web', [{ name: 'list_ec2_instances', input: { tags: { Team: 'Web' } } }]],
    [
      'what is i-0123456789abcdef0 doing',
      [{ name: 'describe_ec2_instance', input: { instanceId: 'i-0123456789abcdef0' } }],
    ],
    ['which buckets are there', [{ name: 'list_s3_buckets', input: {} }]],
    ['list Lambda functions', [{ name: 'list_lambda_functions', input: {} }]],
    ['describe the Ingest-1 function', [{ name: 'describe_lambda_function', input: { name: 'Ingest-1' } }]],
    ['wait 3 seconds', [{ name: 'wait', input: { seconds: 3 } }]],
  ])('"%s" calls tools', (question, expected) => {
    expect(calls(question)).toEqual(expected);
  });

  test('a follow-up speaks of the topic before it, over small talk in between', () => {
    expect(calls('how many EC2 instances are running?', 'thanks', 'and how many are stopped?')).toEqual([
      { name: 'list_ec2_instances', input: { state: 'stopped' } },
    ]);
    expect(calls('and how many are stopped?')).toBe('say');
  });

  test('exact prompts give exact answers', () => {
    expect(said('echo a  b\nc')).toBe('a  b\nc');
    expect(said('say 3 words')).toBe('word1 word2 word3');
    expect(ask('fail now')).toEqual({ kind: 'fail' });
    expect(ask('crash now')).toEqual({ kind: 'crash' });
  });

  test('only the whole prompt is a special one', () => {
    for (const text of ['please crash now', 'crash now and then', 'he said: fail now', 'what does echo do']) {
      expect(ask(text).kind).toBe('say');
    }
  });

  test('remembers and recalls', () => {
    expect(said('remember that the code is 42')).toContain(
      'I will remember for this session: "the code is 42"',
    );
    expect(said('remember blue', 'remember red', 'what did I say?')).toContain('- blue\n- red');
    expect(said('hello', 'what did I ask first?')).toContain('First you asked: "hello"');
    expect(said('what did I ask before?')).toContain('This is your first question');
  });

  test('says that it is offline in the first answer and not again', () => {
    expect(said('hello')).toContain(OFFLINE_NOTE);
    const plan = decide([asked('hello', `Hi ${OFFLINE_NOTE}`), asked('help', '')]);
    expect(plan).toMatchObject({ kind: 'say', text: expect.not.stringContaining(OFFLINE_NOTE) });
  });

  test('whatever is asked, it decides, and only for tools that it has', () => {
    const known = new Set([
      'list_ec2_instances',
      'describe_ec2_instance',
      'list_s3_buckets',
      'list_lambda_functions',
      'describe_lambda_function',
      'wait',
    ]);
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 4 }), (questions) => {
        const plan = ask(...questions);
        const names = plan.kind === 'call' ? plan.calls.map((call) => call.name) : [];
        expect(names.filter((name) => !known.has(name))).toEqual([]);
        expect(plan.kind === 'say' && plan.text === '').toBe(false);
      }),
    );
    expect(said('what is the meaning of life?')).toContain('You wrote: "what is the meaning of life?"');
  });
});
