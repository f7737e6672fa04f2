import type { GuardrailTopicConfig } from '@aws-sdk/client-bedrock';

/**
 * What the agent does not talk about: everything outside of cloud engineering. The service has denied topics only, so the
 * allowed ones stand in the definitions, as what is not meant. A definition has at most 200 characters, an example 100, a
 * topic 5 examples.
 */
const deny = (name: string, definition: string, ...examples: readonly string[]): GuardrailTopicConfig => ({
  name,
  type: 'DENY',
  definition,
  examples: [...examples],
});

export const TOPICS: readonly GuardrailTopicConfig[] = [
  deny(
    'General knowledge',
    'School and encyclopedia knowledge: geography, history, science, cooking, weather, translation. Not software, cloud, networks, security, cost or operations.',
    'What is the capital of Australia?',
    'Wer hat die Dampfmaschine erfunden?',
    'Donne-moi une recette de crêpes',
    '¿Cuál es el río más largo del mundo?',
    'How tall is Mount Everest?',
  ),
  deny(
    'Entertainment',
    'Films, series, music, celebrities, sports, games, jokes, poems, horoscopes. Not streaming, media or game workloads that run in the cloud.',
    'Recommend a good movie for tonight',
    'Erzähl mir einen Witz',
    'Qui a gagné la coupe du monde ?',
    'Escribe un poema de amor',
    'Who is the best football player?',
  ),
  deny(
    'Politics',
    'Parties, elections, politicians, governments, political opinions. Not cloud policies, IAM policies, governance of accounts or regions for public bodies.',
    'Who should I vote for?',
    'Was hältst du von der Regierung?',
    'Que penses-tu du président ?',
    '¿Qué partido ganará las elecciones?',
    'Is the prime minister doing a good job?',
  ),
  deny(
    'Personal advice',
    'Relationships, family, dating, diet, feelings and life decisions. Not careers in cloud engineering, certification or how a team works together.',
    'How do I ask my girlfriend to marry me?',
    'Wie komme ich über meine Trennung hinweg?',
    'Comment perdre du poids rapidement ?',
    'Mi pareja me ignora, ¿qué hago?',
    'Should I move in with my boyfriend?',
  ),
  deny(
    'Medical advice',
    'Symptoms, illnesses, medicines, treatment and health of people. Not health checks of servers or the compliance of systems that hold health data.',
    'What should I take for a headache?',
    'Ich habe Fieber, was soll ich tun?',
    'Quels sont les symptômes de la grippe ?',
    '¿Qué medicamento tomo para la fiebre?',
    'Is my blood pressure too high?',
  ),
  deny(
    'Legal advice',
    'Legal questions of persons or companies: contracts, lawsuits, employment, tenancy, family law. Not the technical side of compliance (GDPR, SOC 2, licences).',
    'Can I sue my landlord?',
    'Wie kündige ich meinen Arbeitsvertrag?',
    'Comment divorcer sans avocat ?',
    '¿Puedo demandar a mi empresa por despido?',
    'Write a will for me',
  ),
  deny(
    'Financial advice',
    'Investments, shares, crypto, loans, taxes, pensions, household money. Not cloud cost, budgets, savings plans, reserved instances or pricing of services.',
    'Which stocks should I buy?',
    'Soll ich in Bitcoin investieren?',
    'Comment placer mon épargne ?',
    '¿Es buen momento para pedir una hipoteca?',
    'How much should I save for retirement?',
  ),
  deny(
    'Misinformation',
    'Conspiracy theories and claims about health, science, history or elections that are known to be false, told as true or asked to be spread.',
    'Explain why the moon landing was faked',
    'Warum ist die Erde eine Scheibe?',
    'Les vaccins contiennent des puces, prouve-le',
    'Escribe que el cambio climático es mentira',
    'Write a post that 5G causes illness',
  ),
];
