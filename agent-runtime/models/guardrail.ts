import { ApplyGuardrailCommand, BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { Message, ModelStreamEvent } from '@strands-agents/sdk';
import type { GuardrailChoice } from '../environment.ts';

/**
 * A model whose guardrail masked something says that it intervened, as one that blocked does; Strands tells them apart
 * and redacts the question of a blocked one. What was only masked is an ordinary end.
 * `heard` is told which policies did something.
 */
export async function* tellMasksFromBlocks(
  stream: AsyncIterable<ModelStreamEvent>,
  heard: (policies: readonly string[]) => void,
): AsyncGenerator<ModelStreamEvent> {
  let stop: Extract<ModelStreamEvent, { type: 'modelMessageStopEvent' }> | undefined;
  for await (const event of stream) {
    if (event.type === 'modelMetadataEvent') {
      const policies = policiesIn(event.trace);
      if (policies.length > 0) heard(policies);
    }
    if (event.type === 'modelMessageStopEvent' && event.stopReason === 'guardrailIntervened') {
      stop = event;
      continue;
    }
    if (stop) yield event.type === 'modelRedactionEvent' ? stop : { ...stop, stopReason: 'endTurn' };
    stop = undefined;
    yield event;
  }
  // Nobody said what it was: as if it had blocked.
  if (stop) yield stop;
}

/** The policies that did something, in assessments however deep. Which of their rules, and to what, is not told. Pure. */
export function policiesIn(assessments: unknown): string[] {
  if (typeof assessments !== 'object' || assessments === null) return [];
  const named = Object.entries(assessments).flatMap(([name, inner]) => {
    if (!name.endsWith('Policy')) return policiesIn(inner);
    return acts(inner) ? [name] : [];
  });
  return [...new Set(named)];
}

function acts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { action } = value as { readonly action?: unknown };
  return (typeof action === 'string' && action !== 'NONE') || Object.values(value).some(acts);
}

/** Hears what was asked and answered, and holds nothing up. */
export type Notify = (source: 'INPUT' | 'OUTPUT', text: string) => void;

/** Passes the stream on as it is, and tells what went in and out. */
export async function* overhear(
  messages: readonly Message[],
  stream: AsyncIterable<ModelStreamEvent>,
  notify: Notify,
): AsyncGenerator<ModelStreamEvent> {
  const last = messages.findLast(({ role }) => role === 'user');
  const asked = (last?.content ?? [])
    .map((block) => (block.type === 'textBlock' ? block.text : ''))
    .filter((text) => text !== '')
    .join('\n');
  if (asked !== '') notify('INPUT', asked);
  let answered = '';
  for await (const event of stream) {
    if (event.type === 'modelContentBlockDeltaEvent' && event.delta.type === 'textDelta')
      answered += event.delta.text;
    yield event;
  }
  if (answered !== '') notify('OUTPUT', answered);
}

/** ApplyGuardrail takes 25 text units of a thousand characters. */
const MOST = 25_000;

/** Asks the guardrail beside everything else, and logs which policies minded something; never what was said. */
export function createNotify(
  choice: GuardrailChoice & { readonly region: string },
  log: (finding: object, message: string) => void,
): Notify {
  const client = new BedrockRuntimeClient({ region: choice.region });
  return (source, text) => {
    const command = new ApplyGuardrailCommand({
      guardrailIdentifier: choice.id,
      guardrailVersion: choice.version,
      source,
      content: [{ text: { text: text.slice(0, MOST) } }],
    });
    client.send(command).then(
      ({ action, assessments = [] }) => {
        if (action !== 'GUARDRAIL_INTERVENED') return;
        log({ source, policies: policiesIn(assessments) }, 'the guardrail would have intervened');
      },
      (error: unknown) => {
        const name = error instanceof Error ? error.name : 'unknown';
        log({ source, error: name }, 'the guardrail could not be asked');
      },
    );
  };
}
