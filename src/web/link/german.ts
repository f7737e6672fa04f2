import { CONFIRM_IN_CHAT, LINK_COMMAND } from '../../chat/link-words.ts';
import { type Html, html } from './html.ts';
import type { ChatPlatform, Matter, Problem } from './link-page.ts';
import type { Message, Texts } from './texts.ts';
import { waitingTime } from './waiting-time.ts';

const PLATFORMS: Readonly<Record<ChatPlatform, string>> = { slack: 'Slack', teams: 'Microsoft Teams' };

const back = (platform: ChatPlatform | undefined) =>
  `Gehen Sie ${platform === undefined ? 'in Ihren Chat' : `zu ${PLATFORMS[platform]}`} zurück`;
const newLink = (platform: ChatPlatform | undefined) =>
  html`${back(platform)} und schreiben Sie dem Bot <code>${LINK_COMMAND}</code>; er schickt Ihnen einen neuen Link.`;

const MATTERS: Readonly<Record<Matter, (platform: ChatPlatform | undefined) => Words>> = {
  link: (platform) => ({
    newLink: newLink(platform),
    nothing: 'Es wurde nichts verbunden.',
    perhaps: 'Es wurde nichts verbunden.',
  }),
  resource: (platform) => ({
    newLink: html`${back(platform)} und fragen Sie den Bot noch einmal; er gibt Ihnen einen neuen Link.`,
    nothing: 'Was Sie erlaubt haben, wurde nicht weitergegeben.',
    perhaps: 'Was Sie erlaubt haben, wurde vielleicht nicht weitergegeben.',
  }),
};

export const GERMAN: Texts = {
  nameless: '(ohne Namen)',
  chat: (platform, person, workspace) =>
    html`${platform === 'slack' && '@'}${person} in ${workspace} (${PLATFORMS[platform]})`,
  confirm: {
    title: 'Ihr Chat-Konto verbinden?',
    question: (chat, account) => html`Soll ${chat} als ${account} handeln?`,
    chatLabel: 'Chat-Konto',
    accountLabel: 'Eben angemeldetes Konto',
    meaning: 'Was das Chat-Konto dann vom Bot verlangt, geschieht mit den Rechten des anderen Kontos.',
    differs:
      'Die beiden haben verschiedene E-Mail-Adressen. Wählen Sie Ja nur, wenn Sie sicher sind, dass beide Konten Ihnen gehören.',
    warning: html`<strong>Wenn Ihnen jemand diesen Link geschickt hat, wählen Sie Nein.</strong> Wählen Sie Ja nur, wenn Sie den Link eben selbst beim Bot angefordert haben, von diesem Chat-Konto aus.`,
    yes: 'Ja, meine Konten verbinden',
    no: 'Nein, das war ich nicht',
  },
  continueInChat: (platform, chat) => ({
    title: `Noch ein Schritt in ${PLATFORMS[platform]}`,
    happened: html`Noch ist nichts verbunden.`,
    next: html`${back(platform)} und drücken Sie „${CONFIRM_IN_CHAT}“ in der Nachricht, die der Bot an ${chat} geschickt hat. Erst dann sind die Konten verbunden. Diese Seite können Sie schließen.`,
  }),
  declined: (platform) => ({
    title: 'Es wurde nichts verbunden',
    happened: html`Sie haben Nein gewählt, und der Link gilt nicht mehr.`,
    next: html`Sie können diese Seite schließen. Wenn Ihnen jemand den Link geschickt hat, sagen Sie es Ihrer Administration. Falls Sie es sich anders überlegen: ${newLink(platform)}`,
  }),
  resourceDone: (account) => ({
    title: 'Erledigt',
    happened: html`Der Bot darf nun benutzen, was Sie eben erlaubt haben, und zwar für ${account}.`,
    next: html`${back(undefined)}. Wenn der Bot nicht von selbst weitermacht, fragen Sie ihn noch einmal. Wenn Sie nicht ${account} sind, nehmen Sie beim anderen Dienst zurück, was Sie erlaubt haben, und sagen Sie es Ihrer Administration. Diese Seite können Sie schließen.`,
  }),
  signedOut: {
    title: 'Sie sind abgemeldet',
    happened: html`Dieser Browser ist nicht mehr angemeldet.`,
    next: html`Sie können diese Seite schließen. Ihr Chat-Konto bleibt verbunden: Um auch das zu beenden, gehen Sie in Ihren Chat zurück und schreiben Sie dem Bot <code>unlink</code>.`,
  },
  problem: (code, { platform, retryAfterS, matter }) =>
    PROBLEMS[code]({
      ...MATTERS[matter](platform),
      back: back(platform),
      wait: waitingTime(retryAfterS, 'de'),
    }),
};

/** What is said differently by what the person wanted. */
interface Words {
  readonly newLink: Html;
  readonly nothing: string;
  /** Where it is not known whether anything has come of it. */
  readonly perhaps: string;
}
type Say = (words: Words & { readonly back: string; readonly wait: string }) => Message;

const PROBLEMS: Readonly<Record<Problem, Say>> = {
  ticket_unknown: ({ newLink }) => ({
    title: 'Dieser Link gilt nicht',
    happened: html`Wir kennen diesen Link nicht. Vielleicht fehlt ein Teil davon.`,
    next: newLink,
  }),
  ticket_expired: ({ newLink }) => ({
    title: 'Dieser Link ist abgelaufen',
    happened: html`Zu Ihrer Sicherheit gilt ein Link nur wenige Minuten.`,
    next: newLink,
  }),
  ticket_used: ({ back, newLink }) => ({
    title: 'Dieser Link wurde schon benutzt',
    happened: html`Ein Link gilt nur einmal.`,
    next: html`Wenn Sie ihn eben in einem anderen Tab geöffnet haben, machen Sie dort weiter. Sonst: ${newLink} ${back} und schreiben Sie <code>whoami</code>, um zu sehen, ob Sie verbunden sind.`,
  }),
  other_browser: ({ newLink, nothing }) => ({
    title: 'Diese Anmeldung begann in einem anderen Browser',
    happened: html`In diesem lässt sie sich nicht beenden. ${nothing}`,
    next: html`Machen Sie in dem Browser weiter, in dem Sie begonnen haben, oder beginnen Sie neu: ${newLink} Wenn Sie jemand hierher geschickt hat, schließen Sie diese Seite.`,
  }),
  state_unknown: ({ newLink, nothing }) => ({
    title: 'Diese Anmeldung kann nicht weitergehen',
    happened: html`Sie hat zu lange gedauert, wurde schon beendet oder begann nicht hier. ${nothing}`,
    next: newLink,
  }),
  provider_refused: ({ newLink, nothing }) => ({
    title: 'Sie wurden nicht angemeldet',
    happened: html`Sie haben die Anmeldung abgebrochen, oder sie wurde dort abgelehnt. ${nothing}`,
    next: html`Um es noch einmal zu versuchen: ${newLink} Wird die Anmeldung wieder abgelehnt, bitten Sie Ihre Administration um Zugang.`,
  }),
  code_refused: ({ newLink, nothing }) => ({
    title: 'Die Anmeldung ließ sich nicht beenden',
    happened: html`Der Anmeldedienst hat nicht angenommen, was Ihr Browser zurückgebracht hat. ${nothing}`,
    next: newLink,
  }),
  token_invalid: ({ newLink, nothing }) => ({
    title: 'Die Anmeldung ließ sich nicht prüfen',
    happened: html`Was der Anmeldedienst geschickt hat, besteht unsere Prüfung nicht. ${nothing}`,
    next: html`${newLink} Geschieht das wieder, sagen Sie es Ihrer Administration.`,
  }),
  not_invited: ({ newLink, nothing }) => ({
    title: 'Ihr Konto ist nicht eingeladen',
    happened: html`Sie haben sich angemeldet, aber dieses Konto darf den Bot nicht benutzen. ${nothing}`,
    next: html`Bitten Sie Ihre Administration, es einzuladen. Danach: ${newLink}`,
  }),
  email_differs: ({ newLink, nothing }) => ({
    title: 'Die E-Mail-Adressen sind verschieden',
    happened: html`Das Konto, mit dem Sie sich angemeldet haben, hat eine andere E-Mail-Adresse als Ihr Chat-Konto, und hier dürfen nur gleiche verbunden werden. ${nothing}`,
    next: html`${newLink} Melden Sie sich dann mit der Adresse Ihres Chat-Kontos an. Wenn Sie kein solches Konto haben, fragen Sie Ihre Administration.`,
  }),
  too_many_attempts: ({ newLink, wait, nothing }) => ({
    title: 'Zu viele Versuche',
    happened: html`Es wurde in kurzer Zeit zu oft versucht und muss nun ruhen. ${nothing}`,
    next: html`Warten Sie ${wait}. Dann: ${newLink}`,
  }),
  unavailable: ({ newLink, perhaps }) => ({
    title: 'Das geht im Augenblick nicht',
    happened: html`Ein Dienst, der dazu nötig ist, hat nicht geantwortet. ${perhaps}`,
    next: html`Versuchen Sie es in einer Minute noch einmal: ${newLink}`,
  }),
  already_confirmed: ({ back }) => ({
    title: 'Sie haben schon geantwortet',
    happened: html`Diese Frage wurde bereits beantwortet. Ihre erste Antwort gilt, und es hat sich nichts geändert.`,
    next: html`${back}: Wenn der Bot dort noch fragt, ob Sie es waren, antworten Sie ihm. Mit <code>whoami</code> sehen Sie, ob Sie verbunden sind, und mit <code>${LINK_COMMAND}</code> bekommen Sie einen neuen Link.`,
  }),
  other_account: ({ newLink, nothing }) => ({
    title: 'Das gilt nicht Ihrem Konto',
    happened: html`Der Bot hat jemand anderen gefragt als das Konto, das sich hier angemeldet hat. ${nothing}`,
    next: html`Wenn der Bot Sie gefragt hat, melden Sie sich mit dem Konto an, mit dem Ihr Chat-Konto verbunden ist. Um neu zu beginnen: ${newLink} Wenn Sie jemand hierher geschickt hat, schließen Sie diese Seite, nehmen Sie beim anderen Dienst zurück, was Sie erlaubt haben, und sagen Sie es Ihrer Administration.`,
  }),
  consent_unknown: ({ newLink }) => ({
    title: 'Darauf wartet nichts mehr',
    happened: html`Was Sie erlaubt haben, wurde schon weitergegeben, oder es hat zu lange gedauert.`,
    next: html`Wenn der Bot Sie noch danach fragt: ${newLink}`,
  }),
  bad_request: ({ newLink, nothing }) => ({
    title: 'Diese Anfrage ist nicht lesbar',
    happened: html`Etwas darin fehlt oder wurde unterwegs verändert. ${nothing}`,
    next: newLink,
  }),
};
