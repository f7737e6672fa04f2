import { maskSecrets } from './secrets.ts';

/**
 * Personal data by its form: e-mail addresses, phone, card and social security numbers, IP addresses, and secrets. For
 * what is written down about people but is not for them: logs, traces, labels of metrics, records of failures. What
 * goes into a chat is for the guardrail to judge, which knows more than forms.
 *
 * Left as they are: our own ids and times, AWS account ids and ARNs, and addresses of this machine.
 */

const CARD = /(?<![\d.]|\d-)(?:\d(?:[ ._/-]|%20| {2})?){12,18}\d(?!\d|-\d{2})/g;
const CARD_OF_A_KIND =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d|2\d\d)\d{12,15}|35\d{14})$/;
const SOCIAL_SECURITY = /(?<![\d-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/g;
const PHONE =
  /(?<![\w.+-])(?:00[1-9]\d{0,2}[ ./-](?:\d[ ./-]?){6,12}\d|00[1-9]\d{10,13}|\(0\d{1,4}\) ?\d{4,9}|0\d{1,4}[ /-]\d{3,4}[ -]\d{3,4}|0\d(?:[ .]\d{2}){4}|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}|0\d{1,4}[ /-]\d{5,9})(?![\w-])|(?<![\d+])(?:\+|%2B)\d{1,3}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?(?:\d[ ./-]?){6,12}\d(?![\w-])/gi;
const IP4 = /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]*\w)/g;
const IP6 =
  /(?<![\w:.])(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|(?:[\da-f]{1,4}:){1,6}(?::[\da-f]{1,4}){1,6}|(?:[\da-f]{1,4}:){2,7}:|::(?:[\da-f]{1,4}:){0,6}[\da-f]{1,4})(?![\w:])/gi;
const EMAIL =
  /[\p{L}\p{N}._%+'-]{1,64}(?:@|%40|＠)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu;

const AT = /@|%40|＠/;

/** What has none of these has no number of a person, and no address. */
const NUMBERS = /\d[\d ._/()%-]{6,}\d/;
const DOTTED = /\d\.\d{1,3}\.\d/;
const COLONS = /:[\dA-Fa-f]{0,4}:/;
const OWN = new Set(['127.0.0.1', '0.0.0.0', '::1']);

/** The text without personal data and secrets. Pure. */
export function maskPersonalData(text: string): string {
  let masked = maskSecrets(text);
  if (AT.test(masked)) masked = masked.replace(EMAIL, '[email]');
  if (COLONS.test(masked)) masked = masked.replace(IP6, (match) => (OWN.has(match) ? match : '[ip]'));
  if (DOTTED.test(masked)) masked = masked.replace(IP4, (match) => (OWN.has(match) ? match : '[ip]'));
  if (!NUMBERS.test(masked)) return masked;
  return masked
    .replace(CARD, (match) => (isCard(match.replaceAll(/%20|\D/g, '')) ? '[card]' : match))
    .replace(SOCIAL_SECURITY, '[ssn]')
    .replace(PHONE, (match) => (isDate(match) ? match : '[phone]'));
}

const isDate = (match: string) => /^0\d[ /-]\d{2}/.test(match) && match.length <= 10;

/** Numbers of cards end in a check digit. Source: ISO/IEC 7812-1, annex B (Luhn). */
function isCard(digits: string): boolean {
  if (!CARD_OF_A_KIND.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - i)) * (i % 2 === 0 ? 1 : 2);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}
