import type { Refusal } from '../directory/sign-in.ts';

/** What the pages say, in the languages of the `lang` parameter that are here. */

export interface Texts {
  readonly lang: string;
  readonly signIn: string;
  readonly username: string;
  readonly password: string;
  readonly or: string;
  readonly with: (provider: string) => string;
  readonly mfaTitle: string;
  readonly mfaHelp: string;
  readonly code: string;
  readonly setupTitle: string;
  readonly setupHelp: string;
  readonly newTitle: string;
  readonly newHelp: string;
  readonly newPassword: string;
  readonly newAgain: string;
  readonly continue: string;
  readonly differ: string;
  readonly hintTitle: string;
  readonly hintCode: string;
  readonly wentWrong: string;
  readonly startAgain: string;
  readonly refusals: Readonly<Record<Exclude<Refusal, object>, string>>;
}

const en: Texts = {
  lang: 'en',
  signIn: 'Sign in',
  username: 'User name or e-mail address',
  password: 'Password',
  or: 'or',
  with: (provider) => `Continue with ${provider}`,
  mfaTitle: 'Enter your code',
  mfaHelp: 'Open your authenticator app and type the six digits that it shows.',
  code: 'Six-digit code',
  setupTitle: 'Set up a second factor',
  setupHelp: 'Add this key to an authenticator app, then type the six digits that it shows.',
  newTitle: 'Choose a new password',
  newHelp: 'Your password was set by an administrator. Choose your own.',
  newPassword: 'New password',
  newAgain: 'New password again',
  continue: 'Continue',
  differ: 'The two passwords differ.',
  hintTitle: 'This is a stand-in: sign in as',
  hintCode: 'Code of this moment, shown because this is a stand-in:',
  wentWrong: 'Something went wrong',
  startAgain: 'Go back to the application and start again.',
  refusals: {
    no_such_user: 'Incorrect username or password.',
    wrong_password: 'Incorrect username or password.',
    locked: 'Password attempts exceeded. Wait a little and try again.',
    disabled: 'User is disabled.',
    password_expired: 'Temporary password has expired and must be reset by an administrator.',
    wrong_code: 'Invalid code received for user.',
    used_code: 'Your software token has already been used once. Wait for the next code.',
  },
};

const de: Texts = {
  lang: 'de',
  signIn: 'Anmelden',
  username: 'Benutzername oder E-Mail-Adresse',
  password: 'Passwort',
  or: 'oder',
  with: (provider) => `Weiter mit ${provider}`,
  mfaTitle: 'Code eingeben',
  mfaHelp: 'Öffnen Sie Ihre Authentifizierungs-App und geben Sie die sechs Ziffern ein.',
  code: 'Sechsstelliger Code',
  setupTitle: 'Zweiten Faktor einrichten',
  setupHelp:
    'Fügen Sie diesen Schlüssel einer Authentifizierungs-App hinzu und geben Sie deren sechs Ziffern ein.',
  newTitle: 'Neues Passwort wählen',
  newHelp: 'Ihr Passwort wurde von der Verwaltung vergeben. Wählen Sie ein eigenes.',
  newPassword: 'Neues Passwort',
  newAgain: 'Neues Passwort wiederholen',
  continue: 'Weiter',
  differ: 'Die beiden Passwörter sind verschieden.',
  hintTitle: 'Dies ist ein Stellvertreter. Anmelden als',
  hintCode: 'Der Code dieses Augenblicks, sichtbar, weil dies ein Stellvertreter ist:',
  wentWrong: 'Etwas ist schiefgegangen',
  startAgain: 'Kehren Sie zur Anwendung zurück und beginnen Sie von vorn.',
  refusals: {
    no_such_user: 'Benutzername oder Passwort ist falsch.',
    wrong_password: 'Benutzername oder Passwort ist falsch.',
    locked: 'Zu viele Versuche. Warten Sie etwas und versuchen Sie es noch einmal.',
    disabled: 'Dieses Konto ist gesperrt.',
    password_expired: 'Das vorläufige Passwort ist abgelaufen. Die Verwaltung muss ein neues vergeben.',
    wrong_code: 'Der Code ist falsch.',
    used_code: 'Dieser Code wurde schon benutzt. Warten Sie auf den nächsten.',
  },
};

/** English for every language that is not here. */
export function textsFor(lang: string | undefined): Texts {
  return /^de\b/i.test(lang ?? '') ? de : en;
}

export function refusalText(texts: Texts, refusal: Refusal): string {
  return typeof refusal === 'string' ? texts.refusals[refusal] : refusal.badPassword;
}
