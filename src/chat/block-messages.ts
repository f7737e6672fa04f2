import type { Policy } from './policies.ts';

/**
 * What a person reads whose question, or whose answer, was withheld: by policy and language, and never with the words
 * that were withheld. An operator may put other words in place of each (`GUARDRAIL_MESSAGES`).
 */
export type Direction = 'question' | 'answer';

/** What was withheld: `words` are whatever people type besides questions, such as names of their conversations. */
export type Withheld = Direction | 'words';

/** By `<policy>` or, for one language only, `<language>.<policy>`. */
export type OwnMessages = Readonly<Record<string, string>>;

type Kind = 'content' | 'attack' | 'topic' | 'personal' | 'secret' | 'general' | 'away';
type Texts = Readonly<Record<Kind, Readonly<Record<Withheld | 'why', string>>>>;

const KINDS: Readonly<Record<Policy, Kind>> = {
  hate: 'content',
  insults: 'content',
  sexual: 'content',
  violence: 'content',
  misconduct: 'content',
  profanity: 'content',
  word: 'content',
  prompt_attack: 'attack',
  topic: 'topic',
  personal_data: 'personal',
  pattern: 'personal',
  secret: 'secret',
  grounding: 'general',
  other: 'general',
  unclear: 'general',
  unavailable: 'away',
};

const ENGLISH: Texts = {
  content: {
    question:
      'I cannot take this question: its wording goes against the content policy of your organisation. Ask it in other words.',
    answer:
      'The rest of this answer goes against the content policy of your organisation, so I withhold it. Ask for something narrower, or in other words.',
    words:
      'I cannot take these words: they go against the content policy of your organisation. Choose others.',
    why: 'Questions and answers are checked for hate, insults, sexual content, violence, misconduct and foul language. This one matched.',
  },
  attack: {
    question:
      'I cannot take this question: it reads like an attempt to change my instructions. Say directly what you would like to know.',
    answer: 'The rest of this answer reads like an attempt to change instructions, so I withhold it.',
    words: 'I cannot take these words: they read like an attempt to change my instructions. Choose others.',
    why: 'Questions are checked for attempts to make me ignore my instructions. This one reads like one.',
  },
  topic: {
    question:
      'I am here for cloud engineering and cannot help with this topic. Ask me about your AWS resources, deployments or incidents instead.',
    answer:
      'The rest of this answer is about a topic that I am not here for, so I withhold it. Ask me about your AWS resources, deployments or incidents.',
    words: 'I cannot take these words: they are about a topic that I am not here for. Choose others.',
    why: 'Your organisation has named topics that I am not to talk about, because I am here for cloud engineering. This is one of them.',
  },
  personal: {
    question:
      'Your question contains personal data that I may not take in, so I did not pass it on. Leave the data out and ask again.',
    answer: 'The rest of this answer contains personal data that I may not show, so I withhold it.',
    words: 'This contains personal data that I may not keep, so I changed nothing. Leave the data out.',
    why: 'Personal data, such as numbers of cards or social security, is not to go through this chat.',
  },
  secret: {
    question:
      'Your question contains what looks like a password, key or token, so I did not pass it on. Delete your message, replace that secret, and ask again without it.',
    answer:
      'The rest of this answer contains what looks like a password, key or token, so I withhold it. Look it up where it is kept.',
    words:
      'This contains what looks like a password, key or token, so I kept nothing of it. Replace that secret, and leave it out here.',
    why: 'Passwords, keys and tokens never go through this chat, in either direction: whoever can read the thread could use them.',
  },
  general: {
    question:
      'The content policy of your organisation does not let me take this question. Rephrase it, or ask something else.',
    answer:
      'The rest of this answer was withheld by the content policy of your organisation. Try to rephrase the question.',
    words: 'The content policy of your organisation does not let me take these words. Choose others.',
    why: 'Questions and answers are checked against the content policy of your organisation. This one matched a rule.',
  },
  away: {
    question:
      'I could not check your question against the content policy of your organisation, so I asked the agent nothing. That is temporary: press Retry in a minute. If it happens again, tell your administrator.',
    answer:
      'I could not check the rest of this answer against the content policy of your organisation, so I do not show it. That is temporary: press Retry in a minute. If it happens again, tell your administrator.',
    words:
      'I could not check these words against the content policy of your organisation, so I changed nothing. That is temporary: try again in a minute. If it happens again, tell your administrator.',
    why: 'Nothing is shown that could not be checked. The check was not available for a moment; this says nothing about your question.',
  },
};

const GERMAN: Texts = {
  content: {
    question:
      'Diese Frage kann ich nicht annehmen: Ihr Wortlaut verstößt gegen die Inhaltsrichtlinie Ihrer Organisation. Stellen Sie sie bitte in anderen Worten.',
    answer:
      'Der Rest dieser Antwort verstößt gegen die Inhaltsrichtlinie Ihrer Organisation, daher halte ich ihn zurück. Fragen Sie enger oder in anderen Worten.',
    words:
      'Diese Worte kann ich nicht annehmen: Sie verstoßen gegen die Inhaltsrichtlinie Ihrer Organisation. Wählen Sie bitte andere.',
    why: 'Fragen und Antworten werden auf Hass, Beleidigungen, sexuelle Inhalte, Gewalt, Fehlverhalten und Schimpfwörter geprüft. Hier traf etwas zu.',
  },
  attack: {
    question:
      'Diese Frage kann ich nicht annehmen: Sie liest sich wie ein Versuch, meine Anweisungen zu ändern. Sagen Sie bitte direkt, was Sie wissen möchten.',
    answer:
      'Der Rest dieser Antwort liest sich wie ein Versuch, Anweisungen zu ändern, daher halte ich ihn zurück.',
    words:
      'Diese Worte kann ich nicht annehmen: Sie lesen sich wie ein Versuch, meine Anweisungen zu ändern. Wählen Sie bitte andere.',
    why: 'Fragen werden darauf geprüft, ob sie mich meine Anweisungen vergessen lassen sollen. Diese liest sich so.',
  },
  topic: {
    question:
      'Ich bin für Cloud-Technik da und kann bei diesem Thema nicht helfen. Fragen Sie mich nach Ihren AWS-Ressourcen, Deployments oder Störungen.',
    answer:
      'Der Rest dieser Antwort betrifft ein Thema, für das ich nicht da bin, daher halte ich ihn zurück. Fragen Sie mich nach Ihren AWS-Ressourcen, Deployments oder Störungen.',
    words:
      'Diese Worte kann ich nicht annehmen: Sie betreffen ein Thema, für das ich nicht da bin. Wählen Sie bitte andere.',
    why: 'Ihre Organisation hat Themen benannt, über die ich nicht sprechen soll, weil ich für Cloud-Technik da bin. Dies ist eines davon.',
  },
  personal: {
    question:
      'Ihre Frage enthält personenbezogene Daten, die ich nicht annehmen darf; ich habe sie nicht weitergegeben. Lassen Sie die Daten weg und fragen Sie noch einmal.',
    answer:
      'Der Rest dieser Antwort enthält personenbezogene Daten, die ich nicht zeigen darf, daher halte ich ihn zurück.',
    words:
      'Das enthält personenbezogene Daten, die ich nicht behalten darf; ich habe nichts geändert. Lassen Sie die Daten bitte weg.',
    why: 'Personenbezogene Daten wie Karten- oder Sozialversicherungsnummern sollen nicht durch diesen Chat gehen.',
  },
  secret: {
    question:
      'Ihre Frage enthält etwas, das wie ein Passwort, Schlüssel oder Token aussieht; ich habe sie nicht weitergegeben. Löschen Sie Ihre Nachricht, ersetzen Sie dieses Geheimnis und fragen Sie ohne es noch einmal.',
    answer:
      'Der Rest dieser Antwort enthält etwas, das wie ein Passwort, Schlüssel oder Token aussieht, daher halte ich ihn zurück. Sehen Sie dort nach, wo es aufbewahrt wird.',
    words:
      'Das enthält etwas, das wie ein Passwort, Schlüssel oder Token aussieht; ich habe nichts davon behalten. Ersetzen Sie dieses Geheimnis und lassen Sie es hier weg.',
    why: 'Passwörter, Schlüssel und Tokens gehen nie durch diesen Chat, in keiner Richtung: Wer den Thread lesen kann, könnte sie benutzen.',
  },
  general: {
    question:
      'Die Inhaltsrichtlinie Ihrer Organisation lässt diese Frage nicht zu. Formulieren Sie sie um, oder fragen Sie etwas anderes.',
    answer:
      'Der Rest dieser Antwort wurde nach der Inhaltsrichtlinie Ihrer Organisation zurückgehalten. Formulieren Sie die Frage um.',
    words: 'Die Inhaltsrichtlinie Ihrer Organisation lässt diese Worte nicht zu. Wählen Sie bitte andere.',
    why: 'Fragen und Antworten werden an der Inhaltsrichtlinie Ihrer Organisation geprüft. Hier traf eine Regel zu.',
  },
  away: {
    question:
      'Ich konnte Ihre Frage nicht an der Inhaltsrichtlinie Ihrer Organisation prüfen und habe den Agenten daher nichts gefragt. Das ist vorübergehend: Drücken Sie in einer Minute auf Retry. Kommt es wieder vor, sagen Sie es Ihrer Administration.',
    answer:
      'Ich konnte den Rest dieser Antwort nicht an der Inhaltsrichtlinie Ihrer Organisation prüfen und zeige ihn daher nicht. Das ist vorübergehend: Drücken Sie in einer Minute auf Retry. Kommt es wieder vor, sagen Sie es Ihrer Administration.',
    words:
      'Ich konnte diese Worte nicht an der Inhaltsrichtlinie Ihrer Organisation prüfen und habe nichts geändert. Das ist vorübergehend: Versuchen Sie es in einer Minute noch einmal. Kommt es wieder vor, sagen Sie es Ihrer Administration.',
    why: 'Was nicht geprüft werden konnte, wird nicht gezeigt. Die Prüfung war kurz nicht möglich; über Ihre Frage sagt das nichts.',
  },
};

const languageOf = (locale: string | undefined) => (/^de\b/i.test(locale ?? '') ? 'de' : 'en');
const TEXTS: Readonly<Record<'en' | 'de', Texts>> = { en: ENGLISH, de: GERMAN };

/** `locale` as in BCP 47; English for languages that we have no words in. */
export function blockMessage(
  withheld: Withheld,
  policy: Policy,
  locale: string | undefined,
  own: OwnMessages = {},
): string {
  const language = languageOf(locale);
  const told = own[`${(locale ?? 'en').split('-')[0]?.toLowerCase()}.${policy}`] ?? own[policy];
  return told ?? TEXTS[language][KINDS[policy]][withheld];
}

/** What somebody reads who asks why; without naming what matched. */
export function explainPolicy(policy: Policy | undefined, locale?: string): string {
  return TEXTS[languageOf(locale)][policy === undefined ? 'general' : KINDS[policy]].why;
}
