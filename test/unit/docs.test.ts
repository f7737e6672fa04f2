import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failuresPage } from '../../scripts/docs/failures-page.ts';
import * as memoryLua from '../../src/agentcore/memory-quota-lua.ts';
import * as auditLua from '../../src/audit/lua.ts';
import { configNames } from '../../src/config.ts';
import * as pacingLua from '../../src/store/call-pacing-lua.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import * as lua from '../../src/turns/lua.ts';
import * as changesLua from '../../src/turns/lua-changes.ts';
import * as parkingLua from '../../src/turns/lua-parking.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('names only npm scripts that exist', () => {
    const unknown = found(text, /npm run ([a-z]+)(?! -w)\b/g).filter((name) => !(name in scripts));
    expect(unknown).toEqual([]);
  });

  it('links only to files that exist', () => {
    const targets = found(text, /\]\((?!https?:)([^)#]+)/g);
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });
});

describe('the operators’ pages', () => {
  it('name only environment variables that something reads', () => {
    const known = new Set([
      ...configNames(),
      // Node itself reads it.
      'NODE_EXTRA_CA_CERTS',
      ...found(read('agent-runtime/environment.ts'), /^\s+([A-Z0-9_]+): /gm),
    ]);
    const named = ['README.md', 'docs/connect.md', 'docs/operate.md'].flatMap((page) =>
      found(read(page), /`([A-Z]+_[A-Z_]+)[`=]/g),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('name every variable that the agent reads', () => {
    const names = found(read('agent-runtime/environment.ts'), /^ {2}([A-Z][A-Z0-9_]+): /gm);
    const told = read('agent-runtime/README.md');
    expect(names).toContain('GUARDRAIL_MODE');
    expect(names.filter((name) => !told.includes(`\`${name}\``))).toEqual([]);
  });

  it('name only metrics that exist', async () => {
    const metrics = createMetrics();
    metrics.watchQueue(async () => ({ ready: 0, queued: 0, running: 0, paused: false, oldestSeconds: 0 }));
    metrics.messageTaken('accepted');
    metrics.turnEnded('done', 1);
    metrics.firstText(1);
    metrics.memoryEvent('written');
    metrics.placeRecalled('found');
    metrics.slackCall('chat.update', 'ok');
    metrics.turnInterrupted('cut');
    metrics.deliveryIgnored('own_message');
    metrics.requestRefused('stale');
    metrics.turnCalls('slack', 1);
    metrics.feedback('up');
    metrics.questionChanged('edit', 'amended');
    const exposed = await metrics.expose();
    await metrics.shutdown();
    const named = found(read('docs/operate.md'), /(threadcore_[a-z_]+)/g);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !exposed.includes(name))).toEqual([]);
  });

  it('list every family of keys that the scripts use', () => {
    const used = new Set(
      Object.values({
        ...lua,
        ...changesLua,
        ...parkingLua,
        ...pacingLua,
        ...auditLua,
        ...memoryLua,
      }).flatMap((script) => found(script, /key\('([a-z]+)'/g)),
    );
    const table = read('docs/operate.md');
    expect([...used].filter((family) => !table.includes(`…:${family}`))).toEqual([]);
  });

  it('name what the backend’s role needs where a guardrail is set up from them', () => {
    const [, agent = ''] = read('docs/connect.md')
      .split(/^## \d.*$/m)
      .slice(1);
    expect(found(agent, /`(bedrock(?:-agentcore)?:[A-Za-z]+)`/g)).toEqual(
      expect.arrayContaining([
        'bedrock-agentcore:InvokeAgentRuntime',
        'bedrock-agentcore:InvokeAgentRuntimeForUser',
        'bedrock-agentcore:StopRuntimeSession',
        'bedrock:ApplyGuardrail',
      ]),
    );
  });

  it('say of every failure what the code does about it; `npm run docs` writes them anew', () => {
    expect(read('docs/failures.md')).toBe(failuresPage());
  });

  it('give the commands that CI runs', () => {
    expect(read('README.md')).toContain('npm ci && npm test');
    expect(read('README.md')).toContain('npm ci && npm start');
    expect(read('.ci/run')).toContain('npm ci && npm test');
  });
});
