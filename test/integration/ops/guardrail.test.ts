import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BedrockClient,
  DeleteGuardrailCommand,
  GetGuardrailCommand,
  UpdateGuardrailCommand,
} from '@aws-sdk/client-bedrock';
import { describe, expect, onTestFinished, test } from 'vitest';
import { guardrailPolicy } from '../../../infra/guardrail/policy.ts';
import { KEYS, startStandIn } from '../local/aws/start.ts';
import { createDesk, json } from './accounts.ts';

async function guardrailDesk(where = 'us-east-2') {
  const standIn = await startStandIn({ region: where, guardrail: { statusDelayMs: 20 } });
  const { url: endpoint, region } = standIn;
  const desk = await createDesk({ AWS_ENDPOINT_URL: endpoint, AWS_REGION: region });
  const client = new BedrockClient({ endpoint, region, credentials: KEYS });
  onTestFinished(() => client.destroy());
  return {
    ...desk,
    standIn,
    client,
    /** What was asked of AWS since the last time that could change something. */
    changesAsked: () =>
      standIn.calls
        .splice(0)
        .map(({ operation }) => operation)
        .filter((operation) => !/^(?:Get|List|Apply)/.test(operation)),
    /** Somebody changed the guardrail by hand. */
    async meddle() {
      const { BEDROCK_GUARDRAIL_ID: guardrailIdentifier } = await desk.variables();
      await client.send(
        new UpdateGuardrailCommand({
          ...guardrailPolicy(region),
          blockedInputMessaging: 'No.',
          guardrailIdentifier,
        }),
      );
      standIn.calls.length = 0;
    },
  };
}

describe('guardrail', { timeout: 90_000 }, () => {
  test('create makes it with a version, writes where it is, and does nothing a second time', async () => {
    const desk = await guardrailDesk();
    const dry = await desk.run('guardrail create --dry-run');
    expect(dry).toMatchObject({
      code: 0,
      out: expect.stringContaining('Would create the guardrail threadcore'),
    });
    expect([desk.changesAsked(), await desk.files()]).toEqual([[], []]);

    const made = json(await desk.run('guardrail create --json'));
    expect(made).toMatchObject({ version: '1', differences: [], changes: [{}, {}, {}] });
    expect(desk.changesAsked()).toEqual(['CreateGuardrail', 'CreateGuardrailVersion']);
    expect(await desk.variables()).toEqual({
      BEDROCK_GUARDRAIL_ID: made.guardrailId,
      BEDROCK_GUARDRAIL_VERSION: '1',
    });
    expect((await desk.run('guardrail create')).out).toContain('Nothing to do: it is there.');
    expect((await desk.run('guardrail diff')).out).toContain('is as the policy file says');
    expect(desk.changesAsked()).toEqual([]);
  });

  test.each(['diff', 'update', 'export', 'test'])(
    '%s asks nothing of AWS when its file is not there',
    async (command) => {
      const desk = await guardrailDesk();
      await desk.run('guardrail create');
      desk.standIn.calls.length = 0;
      const { code, out, err } = await desk.run(`guardrail ${command} --env prdo.env`);
      expect([code, out, err]).toEqual([1, '', 'There is no file prdo.env.\n']);
      expect(desk.standIn.calls).toEqual([]);
    },
  );

  test('create goes on where it was stopped, and finds its guardrail by name', async () => {
    const desk = await guardrailDesk();
    desk.standIn.faults.push({
      operation: 'CreateGuardrailVersion',
      times: 1,
      kind: 'error',
      name: 'ThrottlingException',
    });
    const stopped = await desk.run('guardrail create');
    expect(stopped.code).toBe(1);
    expect(stopped.err).toContain('Done before that: created the guardrail threadcore');
    desk.changesAsked();
    expect(json(await desk.run('guardrail create --json'))).toMatchObject({ version: '1' });
    expect(desk.changesAsked()).toEqual(['CreateGuardrailVersion']);
  });

  test('what differs is told, set by update, and made a version once', async () => {
    const desk = await guardrailDesk();
    await desk.run('guardrail create');
    await desk.meddle();
    const differing = await desk.run('guardrail diff');
    expect(differing.code).toBe(1);
    expect(differing.out).toMatch(/^blockedInputMessaging\n {2}is {6}"No\."\n {2}wanted {2}"This question/);
    expect((await desk.run('guardrail create')).out).toContain('1 of its settings differ');

    expect((await desk.run('guardrail update --dry-run')).out).toContain('Would update the draft');
    expect(desk.changesAsked()).toEqual([]);
    const updated = json(await desk.run('guardrail update --json'));
    // The draft is as version 1 again.
    expect(updated).toMatchObject({
      version: '1',
      differences: [{ setting: 'blockedInputMessaging', is: 'No.' }],
    });
    expect(desk.changesAsked()).toEqual(['UpdateGuardrail']);
    expect((await desk.run('guardrail version')).out).toContain(
      'Nothing to do: version 1 is equal to the draft.',
    );

    await desk.meddle();
    const second = json(await desk.run('guardrail version --json --description second'));
    expect(second).toMatchObject({ version: '2' });
    expect((await desk.variables()).BEDROCK_GUARDRAIL_VERSION).toBe('2');
    expect(json(await desk.run('guardrail version --json'))).toMatchObject({ version: '2', changes: [] });
    expect((await desk.run('guardrail diff --guardrail-version 1')).code).toBe(0);
    expect((await desk.run('guardrail diff --guardrail-version 2')).code).toBe(1);
    expect((await desk.run('guardrail update')).out).toContain('No version has these settings yet.');
  });

  test('the tier that was chosen at the start stays', async () => {
    const desk = await guardrailDesk();
    await desk.run('guardrail create --tier classic');
    expect((await desk.run('guardrail diff')).code).toBe(0);
    expect((await desk.run('guardrail diff --tier standard')).out).toContain('crossRegionConfig');
    const { BEDROCK_GUARDRAIL_ID: guardrailIdentifier } = await desk.variables();
    const told = await desk.client.send(new GetGuardrailCommand({ guardrailIdentifier }));
    expect(told).not.toHaveProperty('crossRegionDetails');
  });

  test('a region without cross-Region inference has the classic tier only', async () => {
    const desk = await guardrailDesk('sa-east-1');
    expect((await desk.run('guardrail create')).err).toContain('Give --tier classic');
    expect(desk.changesAsked()).toEqual([]);
    expect((await desk.run('guardrail create --tier classic')).code).toBe(0);
    expect((await desk.run('guardrail diff')).code).toBe(0);
  });

  test('export prints what CreateGuardrail takes', async () => {
    const desk = await guardrailDesk();
    await desk.run('guardrail create');
    const policy = guardrailPolicy('us-east-2');
    const exported = json(await desk.run('guardrail export'));
    expect(exported).toMatchObject({ ...policy, wordPolicyConfig: expect.anything() });
    expect(json(await desk.run('guardrail export --policy --json'))).toEqual(policy);
  });

  test('test tells precision and recall of every policy, and fails below what is asked', async () => {
    const desk = await guardrailDesk();
    await desk.run('guardrail create');
    const said = json(await desk.run('guardrail test --json --rate 400')) as unknown as {
      texts: number;
      policies: { policy: string; precision: number | null; recall: number | null }[];
      misses: { at: string }[];
    };
    expect(said).toMatchObject({ version: '1', ok: true, overall: { recall: expect.any(Number) } });
    expect(said.texts).toBeGreaterThanOrEqual(300);
    expect(desk.standIn.calls.filter(({ operation }) => operation === 'ApplyGuardrail')).toHaveLength(
      said.texts,
    );
    const of = (name: string) => said.policies.find(({ policy }) => policy === name);
    // What has a form is found by it; what has none is found as far as the stand-in's words go.
    for (const policy of [
      'EMAIL',
      'CREDIT_DEBIT_CARD_NUMBER',
      'AWS_SECRET_KEY',
      'private-key',
      'PROFANITY',
    ]) {
      expect(of(policy)).toMatchObject({ precision: 1, recall: 1 });
    }
    expect(of('HATE')?.recall).toBeGreaterThan(0.5);
    expect(said.misses.length).toBeGreaterThan(0);

    const strict = await desk.run('guardrail test --rate 400 --min-recall 1 --misses');
    expect(strict.code).toBe(1);
    expect(strict.out).toContain('HATE is below');
    expect(strict.out).toMatch(/harm\.txt:\d+ {2}INPUT {2}missed HATE/);
  });

  test('a corpus of one’s own is read, and what is wrong in it is told by file and line', async () => {
    const desk = await guardrailDesk();
    await desk.run('guardrail create');
    const folder = await mkdtemp(join(tmpdir(), 'corpus-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'ours.txt');
    const run = () => desk.run(`guardrail test --json --corpus ${folder} --rate 400`);
    await writeFile(file, '# ours\nen | INPUT | EMAIL | write to eve@example.com | now\n');
    expect(json(await run())).toMatchObject({ texts: 1, misses: [] });
    await writeFile(file, 'en | INPUT | MAIL | write to eve@example.com\n');
    expect((await run()).err).toMatch(/^ours\.txt:1: no policy is called MAIL\. There is HATE,/);
    await writeFile(file, 'en | ASIDE | - | hello\n');
    expect((await run()).err).toContain('ours.txt:1: a line is');
  });

  test.each([
    [
      'diff',
      /There is no guardrail called threadcore in us-east-2\. Make it: npm run ops -- guardrail create/,
    ],
    ['update', /guardrail create/],
    ['version', /guardrail create/],
    ['test', /guardrail create/],
    ['diff --guardrail gone', /There is no guardrail gone in us-east-2/],
    ['test --only Weather', /guardrail create/],
    ['diff --tier best', /classic/],
    ['test --rate 0', /calls a second/],
  ])('%s without a guardrail says what to do', async (words, message) => {
    const desk = await guardrailDesk();
    const { code, err } = await desk.run(`guardrail ${words}`);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(desk.changesAsked()).toEqual([]);
  });

  test('what AWS refuses is told with the next step, and a lost answer is not asked for twice', async () => {
    const desk = await guardrailDesk();
    const once = { times: 1, kind: 'error' } as const;
    desk.standIn.faults.push({ ...once, operation: 'ListGuardrails', name: 'AccessDeniedException' });
    expect((await desk.run('guardrail create')).err).toContain(
      'Your role needs the action bedrock:ListGuardrails.',
    );
    desk.standIn.faults.push({ operation: 'CreateGuardrail', times: 1, kind: 'drop_answer' });
    expect((await desk.run('guardrail create')).err).toContain('may have been carried out');
    desk.changesAsked();
    expect(json(await desk.run('guardrail create --json'))).toMatchObject({ version: '1' });
    expect(desk.changesAsked()).toEqual(['CreateGuardrailVersion']);
    const { BEDROCK_GUARDRAIL_ID: guardrailIdentifier } = await desk.variables();
    await desk.client.send(new DeleteGuardrailCommand({ guardrailIdentifier }));
    expect((await desk.run('guardrail update')).err).toContain('Take BEDROCK_GUARDRAIL_ID away');
  });
});
