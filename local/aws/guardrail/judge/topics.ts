import { contentWords, similarity } from './lexical.ts';
import { CLOUD, CONCEPTS } from './topic-words.ts';

export interface DeniedTopic {
  readonly name: string;
  readonly definition: string;
  readonly examples?: readonly string[] | undefined;
}

const ENOUGH = 2;
const LIKE_AN_EXAMPLE = 0.6;
const LIKE_THE_DEFINITION = 0.35;

/**
 * Whether a text is about a topic: by the words that the topic is known for, against those of the cloud; or because it is
 * much like one of the examples or the definition. Pure.
 */
export function isAbout(text: string, topic: DeniedTopic): boolean {
  const words = contentWords(text);
  if ((topic.examples ?? []).some((one) => similarity(words, contentWords(one)) >= LIKE_AN_EXAMPLE))
    return true;
  const concept = CONCEPTS.find(({ named }) => named.test(topic.name));
  if (!concept) {
    const known = new Set(contentWords([topic.name, topic.definition, ...(topic.examples ?? [])].join(' ')));
    const hits = new Set(words.filter((word) => known.has(word)));
    return hits.size >= ENOUGH && hits.size / new Set(words).size >= LIKE_THE_DEFINITION;
  }
  const score = 2 * distinct(text, concept.strong) + distinct(text, concept.weak) - distinct(text, CLOUD);
  return score >= ENOUGH;
}

const distinct = (text: string, pattern: RegExp) =>
  new Set([...text.matchAll(pattern)].map(([match]) => match.toLowerCase())).size;
