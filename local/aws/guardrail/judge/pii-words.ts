import { entropyOf } from './checksums.ts';
import { after, alone, type Detector } from './pii-numbers.ts';

/** Credentials, addresses and names. Names and streets without a word that introduces them are not seen. */

const KEY_CHARS = '[A-Za-z0-9/+]{40}';
const isSecretKey = (value: string) =>
  /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value) && entropyOf(value) > 4;

/** What stands for a password in instructions. */
const PLACEHOLDER =
  /^[<${[*•x.…]|^(?:your|my|the|a|is|not|and|or|in|for|must|should|can|will|policy|reset|none|null|true|false)\b/i;
const isPassword = (value: string) => !PLACEHOLDER.test(value) && value.length >= 4;
const isStrong = (value: string) => isPassword(value) && /\d|[^\p{L}\p{N}]/u.test(value.slice(0, -1));

const NAME_WORD = String.raw`\p{Lu}[\p{L}’'-]+`;
const NAMES = String.raw`(?<value>${NAME_WORD}(?:\s${NAME_WORD}){0,2})`;
const PASSWORDS = 'password|passwd|pwd|passphrase|passwort|kennwort|mot de passe|contraseña';

export const WORDS: readonly Detector[] = [
  { type: 'AWS_ACCESS_KEY', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/dg },
  {
    type: 'AWS_SECRET_KEY',
    pattern: new RegExp(`(?<![A-Za-z0-9/+=_-])${KEY_CHARS}(?![A-Za-z0-9/+=_-])`, 'gd'),
    accept: isSecretKey,
  },
  {
    type: 'PASSWORD',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:[\p{L}\p{N}]+_)?(?:${PASSWORDS})\s?[:=]\s?["'\x60]?(?<value>[^\s"'\x60,;]{4,64})`,
      'gdiu',
    ),
    accept: isPassword,
  },
  {
    type: 'PASSWORD',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:${PASSWORDS})(?:\s(?:for|für|de|del|of|von)\s\S+(?:\s\S+)?)?\s(?:is|ist|lautet|est|es)\s["'\x60]?(?<value>[^\s"'\x60,;]{6,64}[^\s"'\x60,;.!?])`,
      'gdiu',
    ),
    accept: isStrong,
  },
  { type: 'URL', pattern: /(?<![\p{L}\p{N}])https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?]/dgu },
  {
    type: 'EMAIL',
    pattern: /(?<![\p{L}\p{N}._%+/-])[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/dgu,
  },
  {
    type: 'USERNAME',
    pattern: after('user ?name|login|benutzername|nom d’utilisateur', String.raw`(?<=[:=]\s?)[\w.@-]{2,64}`),
  },
  {
    type: 'NAME',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:[Mm]y name is|[Ii]ch hei(?:ß|ss)e|[Mm]ein Name ist|[Jj]e m['’]appelle|[Mm]on nom est|[Mm]e llamo|[Mm]i nombre es)\s${NAMES}`,
      'gdu',
    ),
  },
  {
    type: 'NAME',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|M|Mme|Monsieur|Madame|Sra?|Señora?|Don|Doña)\.?\s${NAMES}`,
      'gdu',
    ),
  },
  {
    type: 'ADDRESS',
    pattern: alone(
      String.raw`\d{1,5} (?:\p{Lu}[\p{L}.]+ ){1,3}(?:Street|St\.|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Drive|Court|Square)(?:, (?:\p{Lu}\p{L}+ ?){1,3}(?:, [A-Z]{2})?(?: \d{5}| [A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})?)?`,
    ),
  },
  {
    type: 'ADDRESS',
    pattern: alone(
      String.raw`(?:\p{Lu}[\p{L}-]*(?:straße|strasse|str\.|gasse|weg|platz|allee)|(?:\p{Lu}[\p{L}-]+ )(?:Straße|Strasse|Allee|Platz|Weg)) \d{1,4}[a-z]?(?:, \d{5} \p{Lu}\p{L}+)?`,
    ),
  },
  {
    type: 'ADDRESS',
    pattern: alone(
      String.raw`\d{1,4},? (?:rue|avenue|boulevard|place|chemin|allée)(?: (?:de|du|des|la|le|les|l['’]))*(?: ?\p{Lu}[\p{L}-]+){1,3}(?:, \d{5} \p{Lu}[\p{L}-]+)?`,
    ),
  },
  {
    type: 'ADDRESS',
    pattern: alone(
      String.raw`(?:Calle|Avenida|Plaza|Paseo)(?: (?:de|del|la|las|los))*(?: \p{Lu}[\p{L}-]+){1,3},? \d{1,4}(?:, \d{5} \p{Lu}[\p{L}-]+)?`,
    ),
  },
  {
    type: 'AGE',
    pattern: alone(String.raw`\d{1,3}[ -]years?[ -]old|\d{1,3} Jahre alt|\d{1,3} años|\d{1,3} ans`),
  },
];
