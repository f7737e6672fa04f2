import {
  type CreateGuardrailCommandInput,
  CreateGuardrailVersionCommand,
  DeleteGuardrailCommand,
  GetGuardrailCommand,
  paginateListGuardrails,
  UpdateGuardrailCommand,
} from '@aws-sdk/client-bedrock';
import { expect, test } from 'vitest';
import { CONFIG, ID, startGuardrail } from './guardrail.ts';
import { raw } from './start.ts';

/** Guardrails on the control plane. */

test('a guardrail is made once for a token and told as it was made', async () => {
  const { control, create, clock } = await startGuardrail();
  const made = await create({ clientRequestToken: 'token-1' });
  expect(made).toMatchObject({ version: 'DRAFT', createdAt: new Date(Date.UTC(2026, 0, 1)) });
  expect(made.guardrailId).toMatch(/^[a-z0-9]{12}$/);
  expect(made.guardrailArn).toBe(`arn:aws:bedrock:us-east-2:123456789012:guardrail/${made.guardrailId}`);
  expect((await create({ clientRequestToken: 'token-1' })).guardrailId).toBe(made.guardrailId);
  await expect(create({ clientRequestToken: 'token-2' })).rejects.toMatchObject({
    name: 'ConflictException',
  });

  const get = () => control.send(new GetGuardrailCommand({ guardrailIdentifier: made.guardrailArn }));
  expect(await get()).toMatchObject({ status: 'CREATING', name: 'another' });
  clock.pass(1);
  expect(await get()).toMatchObject({
    status: 'READY',
    topicPolicy: { topics: CONFIG.topicPolicyConfig.topicsConfig, tier: { tierName: 'CLASSIC' } },
    contentPolicy: { filters: CONFIG.contentPolicyConfig.filtersConfig },
    wordPolicy: {
      words: CONFIG.wordPolicyConfig.wordsConfig,
      managedWordLists: CONFIG.wordPolicyConfig.managedWordListsConfig,
    },
    sensitiveInformationPolicy: {
      piiEntities: CONFIG.sensitiveInformationPolicyConfig.piiEntitiesConfig,
      regexes: CONFIG.sensitiveInformationPolicyConfig.regexesConfig,
    },
    contextualGroundingPolicy: { filters: CONFIG.contextualGroundingPolicyConfig.filtersConfig },
    blockedInputMessaging: CONFIG.blockedInputMessaging,
  });
});

test('a change is a new draft; a version stays as it was', async () => {
  const { control, apply, clock } = await startGuardrail();
  const change = (text: string) =>
    control.send(
      new UpdateGuardrailCommand({ ...CONFIG, guardrailIdentifier: ID, blockedOutputsMessaging: text }),
    );
  await change('Blocked, in other words.');
  await expect(change('again')).rejects.toMatchObject({ name: 'ConflictException' });
  const blocked = async (guardrailVersion: string) =>
    (await apply('the elections', { guardrailVersion })).outputs?.[0]?.text;
  expect(await blocked('DRAFT')).toBe('Blocked, in other words.');
  expect(await blocked('1')).toBe('This answer is blocked.');
  clock.pass(1);
  const version = await control.send(
    new CreateGuardrailVersionCommand({ guardrailIdentifier: ID, description: 'second' }),
  );
  expect(version).toMatchObject({ guardrailId: ID, version: '2' });
  expect(await blocked('2')).toBe('Blocked, in other words.');
  clock.pass(1);
  const get = new GetGuardrailCommand({ guardrailIdentifier: ID, guardrailVersion: '2' });
  expect(await control.send(get)).toMatchObject({ version: '2', status: 'READY', description: 'second' });
});

test('lists tell drafts by page, or all versions of one; what is deleted is gone', async () => {
  const { control, create, clock } = await startGuardrail();
  for (const name of ['one', 'two', 'three']) await create({ name });
  clock.pass(1);
  const names: (string | undefined)[] = [];
  for await (const page of paginateListGuardrails({ client: control, pageSize: 2 }, {})) {
    names.push(...(page.guardrails ?? []).map(({ name, version }) => `${name} ${version}`));
  }
  expect(names).toEqual(['house-rules DRAFT', 'one DRAFT', 'two DRAFT', 'three DRAFT']);
  const versions = async () => {
    const all: (string | undefined)[] = [];
    for await (const page of paginateListGuardrails({ client: control }, { guardrailIdentifier: ID })) {
      all.push(...(page.guardrails ?? []).map(({ version }) => version));
    }
    return all;
  };
  expect(await versions()).toEqual(['DRAFT', '1']);
  await control.send(new DeleteGuardrailCommand({ guardrailIdentifier: ID, guardrailVersion: '1' }));
  expect(await versions()).toEqual(['DRAFT']);
  await control.send(new CreateGuardrailVersionCommand({ guardrailIdentifier: ID }));
  expect(await versions()).toEqual(['DRAFT', '2']);
  clock.pass(1);
  await control.send(new DeleteGuardrailCommand({ guardrailIdentifier: ID }));
  await expect(versions()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

const topic = (changes: object) => ({
  topicPolicyConfig: { topicsConfig: [{ name: 'A', definition: 'b', type: 'DENY' as const, ...changes }] },
});
const filter = (...filtersConfig: object[]) =>
  ({ contentPolicyConfig: { filtersConfig } }) as Partial<CreateGuardrailCommandInput>;
const regex = (pattern: string) => ({
  sensitiveInformationPolicyConfig: { regexesConfig: [{ name: 'r', pattern, action: 'BLOCK' as const }] },
});
const MEDIUM = { inputStrength: 'MEDIUM', outputStrength: 'MEDIUM' };

test.each<[string, Partial<CreateGuardrailCommandInput>, RegExp]>([
  ['a name with a space', { name: 'two words' }, /'name'/],
  ['a name that is too long', { name: 'n'.repeat(51) }, /'name'/],
  ['no message', { blockedInputMessaging: undefined }, /'blockedInputMessaging'/],
  ['a message that is too long', { blockedOutputsMessaging: 'm'.repeat(501) }, /'blockedOutputsMessaging'/],
  [
    'a definition that is too long',
    topic({ definition: 'd'.repeat(201) }),
    /topicsConfig\.1\.member\.definition/,
  ],
  ['six examples', topic({ examples: Array(6).fill('e') }), /examples/],
  ['an example that is too long', topic({ examples: ['e'.repeat(101)] }), /examples\.1\.member/],
  ['a topic name with a comma', topic({ name: 'a, b' }), /topicsConfig\.1\.member\.name/],
  [
    '31 topics',
    { topicPolicyConfig: { topicsConfig: Array(31).fill(topic({}).topicPolicyConfig.topicsConfig[0]) } },
    /topicsConfig/,
  ],
  ['an unknown filter', filter({ type: 'PROFANITY', ...MEDIUM }), /filtersConfig\.1\.member\.type/],
  ['a filter twice', filter({ type: 'HATE', ...MEDIUM }, { type: 'HATE', ...MEDIUM }), /HATE is there twice/],
  ['a filter of attacks in answers', filter({ type: 'PROMPT_ATTACK', ...MEDIUM }), /must be NONE/],
  [
    'an unknown kind of data',
    {
      sensitiveInformationPolicyConfig: { piiEntitiesConfig: [{ type: 'ARN' as 'EMAIL', action: 'BLOCK' }] },
    },
    /piiEntitiesConfig\.1\.member\.type/,
  ],
  ['a regex that looks around', regex('(?<=a)b'), /look-around/],
  ['a broken regex', regex('('), /not a regular expression/],
  [
    'a threshold of 1',
    { contextualGroundingPolicyConfig: { filtersConfig: [{ type: 'GROUNDING', threshold: 1 }] } },
    /threshold/,
  ],
  [
    'a profile of another geography',
    { crossRegionConfig: { guardrailProfileIdentifier: 'eu.guardrail.v1:0' } },
    /cannot be used in us-east-2/,
  ],
  [
    'the STANDARD tier without a profile',
    { contentPolicyConfig: { ...CONFIG.contentPolicyConfig, tierConfig: { tierName: 'STANDARD' } } },
    /crossRegionConfig/,
  ],
])('%s is refused', async (_what, changes, message) => {
  const { create } = await startGuardrail();
  await expect(create(changes)).rejects.toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringMatching(message) }),
  );
});

test('a guardrail without policies is refused, and the 101st', async () => {
  const { control, create } = await startGuardrail();
  const { name, blockedInputMessaging, blockedOutputsMessaging } = CONFIG;
  const none = { guardrailIdentifier: ID, name, blockedInputMessaging, blockedOutputsMessaging };
  await expect(control.send(new UpdateGuardrailCommand(none))).rejects.toThrow('at least one policy');
  for (let i = 1; i < 100; i += 1) await create({ name: `n${i}` });
  await expect(create()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
});

test('a reset brings back what was there at the start', async () => {
  const { standIn, control, create } = await startGuardrail();
  const { guardrailId } = await create();
  await raw(`${standIn.url}/control/reset`, { headers: { 'content-type': 'application/json' } });
  await expect(
    control.send(new GetGuardrailCommand({ guardrailIdentifier: guardrailId })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect((await control.send(new GetGuardrailCommand({ guardrailIdentifier: ID }))).status).toBe('READY');
});
