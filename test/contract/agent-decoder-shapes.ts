/** What agents of different make put on the wire, in shape as their SDKs write it, and what a person should then read. */

export interface Shape {
  readonly name: string;
  readonly protocol: 'threadcore' | 'generic';
  readonly contentType: string;
  readonly wire: string;
  /** The words of the answer. */
  readonly text: string;
  /** Every other event in order, as `type:detail`. */
  readonly others: readonly string[];
  readonly unknown?: readonly string[];
}

const STREAM = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';

function frames(...all: readonly unknown[]): string {
  return all.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('');
}

function named(...all: readonly unknown[]): string {
  return all.map((one) => `event: message\ndata: ${JSON.stringify(one)}\n\n`).join('');
}

function pythonDelta(text: string): unknown[] {
  return [
    { event: { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } } },
    { data: text, delta: { text } },
  ];
}

function typescriptDelta(text: string): unknown {
  const event = { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } };
  return { type: 'modelStreamUpdateEvent', event };
}

function update(event: Record<string, unknown>): unknown {
  return { type: 'modelStreamUpdateEvent', event };
}

const toolUse = { name: 'count_instances', toolUseId: 'tooluse_1', input: { state: 'running' } };
const toolResult = { toolUseId: 'tooluse_1', status: 'success', content: [{ text: '3' }] };
const asked = { role: 'assistant', content: [{ text: 'Ich zähle …' }, { toolUse }] };
const answered = { role: 'user', content: [{ toolResult }] };
const final = { role: 'assistant', content: [{ text: 'Es sind 3 🧵.' }] };

const pythonFull = frames(
  { init_event_loop: true },
  { start: true },
  { start_event_loop: true },
  { event: { messageStart: { role: 'assistant' } } },
  ...pythonDelta('Ich zähle'),
  ...pythonDelta(' …'),
  { event: { contentBlockStop: { contentBlockIndex: 0 } } },
  { event: { contentBlockStart: { start: { toolUse: { name: toolUse.name, toolUseId: 'tooluse_1' } } } } },
  { event: { contentBlockDelta: { delta: { toolUse: { input: '{"state":' } }, contentBlockIndex: 1 } } },
  { type: 'tool_use_stream', delta: { toolUse: { input: '{"state":' } }, current_tool_use: toolUse },
  { event: { messageStop: { stopReason: 'tool_use' } } },
  {
    event: {
      metadata: { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 }, metrics: { latencyMs: 9 } },
    },
  },
  { message: asked },
  { message: answered },
  { start: true },
  { event: { messageStart: { role: 'assistant' } } },
  ...pythonDelta('Es sind'),
  ...pythonDelta(' 3 🧵.'),
  { event: { messageStop: { stopReason: 'end_turn' } } },
  { message: final },
  { result: { stop_reason: 'end_turn', message: final, metrics: {}, state: {} } },
);

const typescriptFull = named(
  { type: 'initializedEvent' },
  { type: 'beforeInvocationEvent' },
  { type: 'messageAddedEvent', message: { role: 'user', content: [{ text: 'how many?' }] } },
  { type: 'beforeModelCallEvent' },
  update({ type: 'modelMessageStartEvent', role: 'assistant' }),
  update({ type: 'modelContentBlockStartEvent' }),
  typescriptDelta('Ich zähle'),
  typescriptDelta(' …'),
  update({ type: 'modelContentBlockStopEvent' }),
  { type: 'contentBlockEvent', contentBlock: { text: 'Ich zähle …' } },
  update({
    type: 'modelContentBlockStartEvent',
    start: { type: 'toolUseStart', name: toolUse.name, toolUseId: 'tooluse_1' },
  }),
  update({ type: 'modelContentBlockDeltaEvent', delta: { type: 'toolUseInputDelta', input: '{}' } }),
  { type: 'contentBlockEvent', contentBlock: { toolUse } },
  update({ type: 'modelMessageStopEvent', stopReason: 'toolUse' }),
  update({ type: 'modelMetadataEvent', usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } }),
  { type: 'modelMessageEvent', message: asked, stopReason: 'toolUse' },
  { type: 'messageAddedEvent', message: asked },
  { type: 'beforeToolsEvent', message: asked },
  { type: 'beforeToolCallEvent', toolUse },
  { type: 'afterToolCallEvent', toolUse, result: { toolResult } },
  { type: 'toolResultEvent', result: { toolResult } },
  { type: 'afterToolsEvent', message: answered },
  { type: 'messageAddedEvent', message: answered },
  update({ type: 'modelMessageStartEvent', role: 'assistant' }),
  typescriptDelta('Es sind'),
  typescriptDelta(' 3 🧵.'),
  update({ type: 'modelMessageStopEvent', stopReason: 'endTurn' }),
  { type: 'modelMessageEvent', message: final, stopReason: 'endTurn' },
  { type: 'messageAddedEvent', message: final },
  { type: 'afterInvocationEvent' },
  { type: 'agentResultEvent', result: { type: 'agentResult', stopReason: 'endTurn', lastMessage: final } },
);

const strandsText = 'Ich zähle …\n\nEs sind 3 🧵.';
const toolSteps = ['tool:started count_instances', 'usage:10/5', 'tool:finished count_instances', 'end:end'];

export const SHAPES: readonly Shape[] = [
  {
    name: 'our own contract',
    protocol: 'threadcore',
    contentType: STREAM,
    wire: named(
      { type: 'status', seq: 1, text: 'thinking' },
      { type: 'tool', seq: 2, id: 't', name: 'count', title: 'Count', state: 'started' },
      { type: 'sparkle', seq: 3, colour: 'pink' },
      { type: 'text', seq: 4, text: 'Grüße, ' },
      { type: 'text', seq: 5, text: '👩‍💻 שלום' },
      { type: 'end', seq: 6, stop: 'end' },
    ),
    text: 'Grüße, 👩‍💻 שלום',
    // It keeps its place, so that nothing seems to be missing there.
    others: ['status:thinking', 'tool:started count', 'notice', 'end:end'],
    unknown: ['sparkle'],
  },
  {
    name: 'our own contract, cut before its end',
    protocol: 'threadcore',
    contentType: STREAM,
    wire: `${named({ type: 'text', seq: 1, text: 'half an' })}event: message\ndata: {"type":"text","seq":2,"te`,
    text: 'half an',
    others: [],
  },
  {
    name: 'our own contract with one broken frame',
    protocol: 'threadcore',
    contentType: STREAM,
    wire: `${named({ type: 'text', seq: 1, text: 'a' })}data: {oops\n\n${named(
      { type: 'text', seq: 'three' },
      { type: 'text', seq: 4, text: 'b' },
      { type: 'end', seq: 5, stop: 'limit' },
    )}`,
    text: 'ab',
    others: ['end:limit'],
    unknown: ['(malformed)', '(malformed)'],
  },
  {
    name: 'our own contract, when the agent code throws in mid-stream',
    protocol: 'threadcore',
    contentType: STREAM,
    wire: `${named({ type: 'text', seq: 1, text: 'a' })}event: error\ndata: {"error":"no such table"}\n\n`,
    text: 'a',
    others: ['error:agent_failed no such table'],
  },
  {
    name: 'a threadcore agent that answers plain JSON',
    protocol: 'threadcore',
    contentType: JSON_TYPE,
    wire: '{"response":"the bare form 🧵"}',
    text: 'the bare form 🧵',
    others: ['end:end'],
  },
  ...['response', 'message', 'result', 'output'].map(
    (key): Shape => ({
      name: `one JSON object with ${key}`,
      protocol: 'generic',
      contentType: JSON_TYPE,
      wire: JSON.stringify({ status: 'success', [key]: 'forty-two', reasoning: 'hmm', start: true }),
      text: 'forty-two',
      others: ['end:end'],
    }),
  ),
  {
    name: 'a JSON object holding a whole message',
    protocol: 'generic',
    contentType: JSON_TYPE,
    wire: JSON.stringify({
      result: { role: 'assistant', content: [{ text: 'one' }, { toolUse }, { text: 'two' }] },
    }),
    text: 'one\ntwo',
    others: ['end:end'],
  },
  {
    name: 'a serialised Strands result for TypeScript',
    protocol: 'generic',
    contentType: JSON_TYPE,
    wire: JSON.stringify({ type: 'agentResult', stopReason: 'maxTokens', lastMessage: final }),
    text: 'Es sind 3 🧵.',
    others: ['end:limit'],
  },
  {
    name: 'a plain JSON string',
    protocol: 'generic',
    contentType: JSON_TYPE,
    wire: '"just words"',
    text: 'just words',
    others: ['end:end'],
  },
  {
    name: 'a JSON object that reports an error',
    protocol: 'generic',
    contentType: JSON_TYPE,
    wire: '{"error":"model access denied","message":"An error occurred"}',
    text: '',
    others: ['error:agent_failed model access denied'],
  },
  {
    name: 'a JSON object that says nothing',
    protocol: 'generic',
    contentType: JSON_TYPE,
    wire: '{"ok":true}',
    text: '',
    others: ["error:agent_protocol The agent's answer has a shape that is not understood."],
    unknown: ['(untyped)'],
  },
  {
    name: 'a truncated JSON document',
    protocol: 'generic',
    contentType: JSON_TYPE,
    wire: '{"response":"for',
    text: '',
    others: ['error:agent_protocol The agent answered with something that is not JSON.'],
  },
  {
    name: 'an error page of a proxy',
    protocol: 'generic',
    contentType: 'text/html',
    wire: '<html><body>Bad gateway</body></html>',
    text: '',
    others: ['error:agent_protocol The agent answered with a web page.'],
  },
  {
    name: 'plain text',
    protocol: 'generic',
    contentType: 'text/plain; charset=utf-8',
    wire: 'Grüße 👩‍💻\nzweite Zeile',
    text: 'Grüße 👩‍💻\nzweite Zeile',
    others: ['end:end'],
  },
  {
    name: 'a stream of raw strings',
    protocol: 'generic',
    contentType: STREAM,
    wire: 'data: Say\n\ndata:  "hi"\n\ndata: "quoted"\n\ndata: {\n\ndata: 42\n\ndata: \ndata: next\n\ndata: [DONE]\n\n',
    text: 'Say "hi""quoted"{42\nnext',
    others: ['end:end'],
  },
  {
    name: 'a stream of JSON strings',
    protocol: 'generic',
    contentType: STREAM,
    wire:
      frames('Line one\n', 'and ', '"two" 🧵', '{not an event', '') +
      frames("{'init_event_loop': True}", null),
    text: 'Line one\nand "two" 🧵{not an event',
    others: ['end:end'],
    unknown: ['(python repr)'],
  },
  {
    name: 'a Strands agent for Python, every event passed on',
    protocol: 'generic',
    contentType: STREAM,
    wire: pythonFull,
    text: strandsText,
    others: toolSteps,
  },
  {
    name: 'a Strands agent for Python that passes on data only',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames({ data: 'Es sind' }, { data: ' 3 🧵.' }, { result: { message: final } }),
    text: 'Es sind 3 🧵.',
    others: ['end:end'],
  },
  {
    name: 'a Strands agent for Python that passes on whole messages only',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames(
      { message: asked },
      { message: answered },
      { message: final },
      { result: { message: final } },
    ),
    text: strandsText,
    others: ['tool:started count_instances', 'tool:finished count_instances', 'end:end'],
  },
  {
    name: 'a Strands agent for Python that passes on the result only',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames(
      { init_event_loop: true },
      { result: { stop_reason: 'guardrail_intervened', message: final } },
    ),
    text: 'Es sind 3 🧵.',
    others: ['end:guardrail'],
  },
  {
    name: 'a Strands agent for Python that is stopped',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames({ data: 'Es' }, { force_stop: true, force_stop_reason: 'throttled by the model' }),
    text: 'Es',
    others: ['error:agent_failed throttled by the model'],
  },
  {
    name: 'an AgentCore app for Python that throws in mid-stream',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames({ data: 'Es' }, { error: 'boom', error_type: 'ValueError', message: 'An error occurred' }),
    text: 'Es',
    others: ['error:agent_failed boom'],
  },
  {
    name: 'a Strands agent for Python that dies inside a message',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames({ event: { messageStart: { role: 'assistant' } } }, ...pythonDelta('Es sind')),
    text: 'Es sind',
    others: [],
  },
  {
    name: 'a Strands agent for TypeScript, every event passed on',
    protocol: 'generic',
    contentType: STREAM,
    wire: typescriptFull,
    text: strandsText,
    others: toolSteps,
  },
  {
    name: 'a Strands agent for TypeScript whose tool throws and whose model is cut off',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames(
      { type: 'beforeToolCallEvent', toolUse },
      { type: 'afterToolCallEvent', toolUse, result: { toolResult: { ...toolResult, status: 'error' } } },
      update({ type: 'modelMessageStartEvent', role: 'assistant' }),
      typescriptDelta('It failed'),
      update({ type: 'modelMessageStopEvent', stopReason: 'maxTokens' }),
    ),
    text: 'It failed',
    others: ['tool:started count_instances', 'tool:failed count_instances', 'end:limit'],
  },
  {
    name: 'a generic agent that speaks our contract',
    protocol: 'generic',
    contentType: STREAM,
    wire: named({ type: 'text', seq: 1, text: 'hello' }, { type: 'end', seq: 2, stop: 'end' }),
    text: 'hello',
    others: ['end:end'],
  },
  {
    name: 'a generic stream that is cut inside a frame',
    protocol: 'generic',
    contentType: STREAM,
    wire: `${frames('whole ')}data: "ha`,
    text: 'whole ',
    others: [],
  },
  {
    name: 'a stream of objects of unknown make',
    protocol: 'generic',
    contentType: STREAM,
    wire: frames({ type: 'progress', percent: 20 }, { type: 'progress', percent: 90 }),
    text: '',
    others: ["error:agent_protocol The agent's answer has a shape that is not understood."],
    unknown: ['progress', 'progress'],
  },
];
