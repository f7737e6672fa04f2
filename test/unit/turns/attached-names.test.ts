import { expect, it } from 'vitest';
import { type AttachedFile, withFiles } from '../../../src/turns/attached-files.ts';
import type { AgentCall } from '../../../src/turns/run-turn.ts';

const KIND = { pdf: 'application/pdf', csv: 'text/csv' } as const;
const fileOf = (name: string, kind: keyof typeof KIND): AttachedFile => ({
  ...{ name, mediaType: KIND[kind], base64: Buffer.from('a,b').toString('base64') },
});

it('the agent reads names of attached files as they were cleared, and numbers for those that it may not read', async () => {
  const calls: AgentCall[] = [];
  const cleared: Readonly<Record<string, string>> = {
    'costs.csv': 'costs.csv',
    'by Alice.csv': 'by {NAME}.csv',
    'bob@example.com.pdf': '{EMAIL}',
    'long.csv': `${'{NAME}'.repeat(50)}.csv`,
  };
  const names = ['costs.csv', 'by Alice.csv', 'bob@example.com.pdf', 'buy gold.pdf', 'long.csv'];
  const invoke = withFiles(
    async function* (call) {
      calls.push(call);
      yield* [];
    },
    {
      read: async () => ({
        files: names.map((name) => fileOf(name, name.endsWith('.pdf') ? 'pdf' : 'csv')),
        unread: [],
      }),
      guard: async (_message, asked) => ({ ...asked, names: asked.names.map((name) => cleared[name]) }),
      tell: async () => undefined,
    },
  );
  const message = { sources: [{}] };
  const call = { message, signal: new AbortController().signal, invocation: { mode: 'start' } };
  for await (const _event of invoke(call as unknown as AgentCall));
  expect(calls[0]?.invocation.files?.map(({ name }) => name)).toEqual([
    'costs.csv',
    'by {NAME}.csv',
    'attachment-3.pdf',
    'attachment-4.pdf',
    'attachment-5.csv',
  ]);
});

it('who hears that a file was not read hears its name as it was cleared, too', async () => {
  const told: unknown[] = [];
  const invoke = withFiles(
    async function* () {
      yield* [];
    },
    {
      read: async () => ({
        files: [fileOf('buy gold.csv', 'csv')],
        unread: [
          { name: 'by Alice.exe', why: 'kind' },
          { name: 'AKIAIOSFODNN7EXAMPLE.exe', why: 'kind' },
        ],
      }),
      guard: async (_message, { texts, names }) => ({
        texts: texts.map(() => undefined),
        names: names.map((name) => (name.startsWith('by') ? 'by {NAME}.exe' : undefined)),
      }),
      tell: async (_message, unread) => void told.push(...unread),
    },
  );
  const message = { sources: [{}] };
  const call = { message, signal: new AbortController().signal, invocation: { mode: 'start' } };
  for await (const _event of invoke(call as unknown as AgentCall));
  expect(told).toEqual([
    { name: 'by {NAME}.exe', why: 'kind' },
    { name: 'attachment-3.exe', why: 'kind' },
    { name: 'attachment-1.csv', why: 'withheld' },
  ]);
});
