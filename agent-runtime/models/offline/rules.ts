import { composeAnswer } from './answers.ts';
import type { Exchange } from './conversation.ts';

/** What the offline model does next. */
export type Plan =
  | { readonly kind: 'call'; readonly calls: readonly PlannedCall[] }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'fail' }
  | { readonly kind: 'crash' };

export interface PlannedCall {
  readonly name: string;
  readonly input: { readonly [key: string]: string | number | { readonly [key: string]: string } };
}

export const OFFLINE_NOTE = '_Offline model: rule-based, for trying Threadcore without a model account._';

const MAX_WORDS = 100_000;
const MAX_WAIT_SECONDS = 600;

/**
 * Decides from keywords alone. What a person writes can pick one of these rules and nothing else; what others
 * wrote in the thread never gets here.
 */
export function decide(conversation: readonly Exchange[]): Plan {
  const current = conversation.at(-1);
  if (!current) return { kind: 'say', text: HELP };
  const earlier = conversation.slice(0, -1);
  const exact = decideExact(current);
  if (exact) return exact;

  if (current.outcomes.length > 0) {
    return { kind: 'say', text: withNote(composeAnswer(current.outcomes), earlier) };
  }
  const calls = planCalls(current.question, earlier);
  if (calls.length > 0) return { kind: 'call', calls };
  return { kind: 'say', text: withNote(talk(current, earlier), earlier) };
}

/** Prompts for demonstrations and tests. Their answers are exact: nothing is added to them. */
function decideExact(current: Exchange): Plan | undefined {
  const question = current.question.trim();
  const echo = /^echo[ :]\s*([\s\S]+)$/i.exec(question);
  if (echo?.[1]) return { kind: 'say', text: echo[1] };

  const words = /^say (\d{1,7}) words?\b/i.exec(question);
  if (words?.[1]) {
    const count = Math.min(Number(words[1]), MAX_WORDS);
    return { kind: 'say', text: Array.from({ length: count }, (_, index) => `word${index + 1}`).join(' ') };
  }

  const wait = /^wait (\d{1,4}) ?s(?:ec(?:ond)?s?)?\b/i.exec(question);
  if (wait?.[1]) {
    const seconds = Math.min(Number(wait[1]), MAX_WAIT_SECONDS);
    if (current.outcomes.length === 0) return { kind: 'call', calls: [{ name: 'wait', input: { seconds } }] };
    return { kind: 'say', text: `Waited ${seconds} second${seconds === 1 ? '' : 's'}.` };
  }

  if (/^fail now[.!]?$/i.test(question)) return { kind: 'fail' };
  if (/^crash now[.!]?$/i.test(question)) return { kind: 'crash' };
  return undefined;
}

const STATES: readonly (readonly [RegExp, string])[] = [
  [/\brunning\b/, 'running'],
  [/\bstopped\b/, 'stopped'],
  [/\bterminated\b/, 'terminated'],
  [/\bpending\b/, 'pending'],
  [/\bstopping\b/, 'stopping'],
  [/\bshutting[- ]down\b/, 'shutting-down'],
];

type Topic = 'ec2' | 's3' | 'lambda';

function topicsOf(question: string): readonly Topic[] {
  const topics: Topic[] = [];
  if (/\b(ec2|instances?|servers?|machines?|vms?)\b/.test(question)) topics.push('ec2');
  if (/\b(s3|buckets?)\b/.test(question)) topics.push('s3');
  if (/\b(lambdas?|functions?)\b/.test(question)) topics.push('lambda');
  return topics;
}

function planCalls(asked: string, earlier: readonly Exchange[]): readonly PlannedCall[] {
  const question = asked.toLowerCase();
  if (isAboutTalk(question)) return [];

  const instances = [...new Set(question.match(/\bi-[0-9a-f]{8,17}\b/g) ?? [])].slice(0, 5);
  if (instances.length > 0) {
    return instances.map((instanceId) => ({ name: 'describe_ec2_instance', input: { instanceId } }));
  }
  const named =
    /\b(?:describe|details? of|show me|look at)\b.*\b(?:function|lambda)\s+[`"']?([\w-]{1,64})/i.exec(
      asked,
    ) ??
    /\b(?:describe|details? of|look at)\s+(?:the\s+)?[`"']?([\w-]{1,64})[`"']?\s+(?:function|lambda)\b/i.exec(
      asked,
    );
  if (named?.[1]) return [{ name: 'describe_lambda_function', input: { name: named[1] } }];

  const states = STATES.filter(([pattern]) => pattern.test(question)).map(([, state]) => state);
  const own = topicsOf(question);
  const topics = own.length > 0 ? own : isFollowUp(question, states) ? lastTopics(earlier) : [];
  return topics.flatMap((topic) => callsFor(topic, asked, states));
}

function callsFor(topic: Topic, asked: string, states: readonly string[]): readonly PlannedCall[] {
  if (topic === 's3') return [{ name: 'list_s3_buckets', input: {} }];
  if (topic === 'lambda') return [{ name: 'list_lambda_functions', input: {} }];
  const tag = /\btag(?:ged|s)?\s+(?:with\s+)?[`"']?([\w:.-]{1,100})\s*=\s*([\w:./-]{1,100})/i.exec(asked);
  const tags = tag?.[1] && tag[2] ? { tags: { [tag[1]]: tag[2] } } : {};
  const wanted = states.length > 0 ? states : [undefined];
  return wanted.map((state) => ({
    name: 'list_ec2_instances',
    input: { ...(state ? { state } : {}), ...tags },
  }));
}

/** "and how many are stopped?" speaks of what the question before was about. */
function isFollowUp(question: string, states: readonly string[]): boolean {
  return (
    states.length > 0 || /^(and|what about|how about|how many|which|list them|show them)\b/.test(question)
  );
}

function lastTopics(earlier: readonly Exchange[]): readonly Topic[] {
  for (const exchange of [...earlier].reverse()) {
    const topics = topicsOf(exchange.question.toLowerCase());
    if (topics.length > 0) return topics;
  }
  return [];
}

const ABOUT_ME = /\bwhat do you (know|remember)\b|\bwhat did i tell you (before|earlier|last)\b/;

function isAboutTalk(question: string): boolean {
  return (
    /^(please )?remember\b/.test(question) ||
    /\bwhat (did|have|was) (i|my)\b/.test(question) ||
    ABOUT_ME.test(question)
  );
}

function talk({ question: asked, notes }: Exchange, earlier: readonly Exchange[]): string {
  const question = asked.trim().toLowerCase();
  const remember = /^(?:please )?remember(?: that)?[ :]+([\s\S]+)$/i.exec(asked.trim());
  if (remember?.[1]) return `I will remember for this session: ${quote(remember[1])}`;

  if (ABOUT_ME.test(question)) return known(notes);
  if (/\bwhat (did|have) i (say|said|tell|told|ask you to remember)\b/.test(question)) return recall(earlier);
  if (/\bwhat (did i ask|have i asked|was my (first|last|previous) question)\b/.test(question)) {
    const first = /\b(first|begin|start)\b/.test(question);
    const found = first ? earlier[0] : earlier.at(-1);
    if (!found) return 'This is your first question in this session.';
    return `${first ? 'First you asked' : 'Before this you asked'}: ${quote(found.question)}`;
  }
  if (/^(hi|hello|hey|good (morning|afternoon|evening))\b/.test(question)) return `Hello. ${HELP}`;
  if (/^(thanks|thank you)\b/.test(question)) return 'You are welcome.';
  if (/^(help|what can you do)\b/.test(question)) return HELP;
  return `You wrote: ${quote(asked)}\n\nThe offline model has no rule for this. ${HELP}`;
}

function recall(earlier: readonly Exchange[]): string {
  const noted = earlier
    .map((exchange) => /^(?:please )?remember(?: that)?[ :]+([\s\S]+)$/i.exec(exchange.question.trim())?.[1])
    .filter((text) => text !== undefined);
  if (noted.length > 0)
    return `You asked me to remember:\n\n${noted.map((text) => `- ${line(text)}`).join('\n')}`;
  const last = earlier.at(-1);
  return last ? `You said: ${quote(last.question)}` : 'You have not said anything before in this session.';
}

function known(notes: readonly string[]): string {
  if (notes.length === 0) return 'I know nothing of you from earlier conversations.';
  return `From earlier conversations I know:\n\n${notes.map((text) => `- ${line(text)}`).join('\n')}`;
}

const HELP = [
  'Offline I can answer, for example:',
  '',
  '- how many EC2 instances are running?',
  '- describe i-0123456789abcdef0',
  '- list the S3 buckets',
  '- list the Lambda functions',
  '- remember something, and later: what did I say?',
  '- what did I ask first?',
  '- what do you know about me?',
].join('\n');

function withNote(text: string, earlier: readonly Exchange[]): string {
  const told = earlier.some((exchange) => exchange.answer.includes(OFFLINE_NOTE));
  return told ? text : `${text}\n\n${OFFLINE_NOTE}`;
}

function quote(text: string): string {
  return `"${line(text)}"`;
}

function line(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 500 ? `${flat.slice(0, 500)}…` : flat;
}
