import { isIPv6 } from 'node:net';
import { isIban, isLuhn, isNhsNumber, isRoutingNumber, isVin } from './checksums.ts';

/** Numbers that belong to a person or a machine. Which are told apart by checksums; the rest needs a word before it. */

export interface Detector {
  readonly type: string;
  /** With the flags g and d. The group `value` is what is found; without one, all of it. */
  readonly pattern: RegExp;
  /** Whether what was found is one. */
  readonly accept?: (value: string) => boolean;
  /** Digits in groups: where all of them together are none, the first ones may be. */
  readonly isGrouped?: boolean;
}

export const bare = (text: string) => text.replace(/[\s.-]/g, '');
const digitsOf = (text: string) => text.replace(/\D/g, '');

/** No part of a longer word, number, path or version. */
const ALONE = String.raw`(?<![\p{L}\p{N}_.:/+-])`;
const END = String.raw`(?![\p{L}\p{N}_]|[.:/-]\p{N}|-\p{L})`;
export const alone = (source: string, flags = '') => new RegExp(`${ALONE}(?:${source})${END}`, `gdu${flags}`);
/** `before`, a few signs, then the value. */
export const after = (before: string, value: string, flags = 'i') =>
  new RegExp(
    String.raw`(?<![\p{L}\p{N}_])(?:${before})(?:\s+(?:is|was|ist|lautet|est|es)\b)?[\s:=#"'*-]{0,6}(?<value>${value})(?![\p{L}\p{N}_])`,
    `gdu${flags}`,
  );

const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  ...{ AT: 20, BE: 16, CH: 21, CZ: 24, DE: 22, DK: 18, ES: 24, FI: 18, FR: 27, GB: 22, IE: 22 },
  ...{ IT: 27, LU: 20, NL: 18, NO: 15, PL: 28, PT: 25, SE: 24 },
};
const IBAN_COUNTRY = Object.entries(IBAN_LENGTHS).map(
  ([country, length]) => `${country}\\d{2}(?:\\s?[A-Z0-9]){${length - 4}}`,
);

/** A card begins with 2 to 6; what begins with 1 is rather a time in milliseconds. */
const isCard = (value: string) => {
  const digits = bare(value);
  return digits.length >= 13 && digits.length <= 19 && new Set(digits).size > 1 && isLuhn(digits);
};

const isPhone = (value: string) => {
  const { length } = digitsOf(value);
  return length >= 8 && length <= 15;
};

export const NUMBERS: readonly Detector[] = [
  {
    type: 'INTERNATIONAL_BANK_ACCOUNT_NUMBER',
    pattern: alone(IBAN_COUNTRY.join('|')),
    accept: (value) => isIban(bare(value)),
  },
  {
    type: 'CREDIT_DEBIT_CARD_NUMBER',
    pattern: alone(String.raw`[2-6]\d{3}(?:[ -]?\d){9,15}`),
    accept: isCard,
    isGrouped: true,
  },
  { type: 'MAC_ADDRESS', pattern: alone('(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}', 'i') },
  {
    type: 'IP_ADDRESS',
    pattern: new RegExp(
      String.raw`${ALONE}(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\p{L}\p{N}_]|\.\p{N})`,
      'gdu',
    ),
  },
  {
    type: 'IP_ADDRESS',
    pattern: /(?<![\p{L}\p{N}:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\p{L}\p{N}:])/giu,
    accept: (value) => value.length > 3 && isIPv6(value),
  },
  {
    type: 'PHONE',
    pattern: /(?<![\p{L}\p{N}_.:/+-])\+\d{1,3}(?:[ .\-/]?\(?\d{1,5}\)?){2,6}(?![\p{L}\p{N}_])/dgu,
    accept: isPhone,
    isGrouped: true,
  },
  {
    type: 'US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER',
    pattern: alone(String.raw`9\d{2}[ -](?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[ -]\d{4}`),
  },
  {
    type: 'US_SOCIAL_SECURITY_NUMBER',
    pattern: alone(String.raw`(?!000|666|9)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}`),
  },
  {
    type: 'US_SOCIAL_SECURITY_NUMBER',
    pattern: after('ssn|social security(?: number| no\\.?)?', String.raw`(?!000|666|9)\d{9}`),
  },
  {
    type: 'UK_NATIONAL_INSURANCE_NUMBER',
    pattern: alone(String.raw`[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]`),
  },
  {
    type: 'UK_NATIONAL_HEALTH_SERVICE_NUMBER',
    pattern: after('nhs(?: number| no\\.?)?', String.raw`\d{3}[ -]?\d{3}[ -]?\d{4}`),
    accept: (value) => isNhsNumber(bare(value)),
  },
  {
    type: 'UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER',
    pattern: after('utr|unique taxpayer reference(?: number)?', String.raw`\d{5} ?\d{5}`),
  },
  {
    type: 'CA_SOCIAL_INSURANCE_NUMBER',
    pattern: alone(String.raw`[1-79]\d{2}([ -])\d{3}\1\d{3}`),
    accept: (value) => isLuhn(bare(value)),
  },
  {
    type: 'CA_HEALTH_NUMBER',
    pattern: after('ohip|health (?:card|number)(?: number)?', String.raw`\d{4}[ -]?\d{3}[ -]?\d{3}`),
  },
  {
    type: 'PHONE',
    pattern: alone(String.raw`\(\d{3}\) ?\d{3}[ .-]\d{4}|(?:1[ .-])?\d{3}([ .-])\d{3}\1\d{4}`),
  },
  // Germany, France, Spain, without the country.
  {
    type: 'PHONE',
    pattern: alone(
      String.raw`(?<!\p{N}[ -])(?:0\d{2,4}[ /-]\d{3,8}(?:[ -]\d{2,4})?|0[1-9](?:[ .]\d{2}){4}|[679]\d{2}(?: \d{3}){2})(?![ -]?\p{N})`,
    ),
    accept: isPhone,
    isGrouped: true,
  },
  {
    type: 'CREDIT_DEBIT_CARD_CVV',
    pattern: after('cvv2?|cvc2?|cv2|card verification|prüfziffer', String.raw`\d{3,4}`),
  },
  {
    type: 'CREDIT_DEBIT_CARD_EXPIRY',
    pattern: after(
      'exp(?:iry|ires|iration)?\\.?(?: date)?|valid (?:thru|until)|gültig bis|expire le|caduca',
      String.raw`(?:0[1-9]|1[0-2]) ?/ ?(?:20)?\d{2}`,
    ),
  },
  {
    type: 'US_BANK_ROUTING_NUMBER',
    pattern: after('routing(?: number| no\\.?)?|aba(?: number)?', String.raw`\d{9}`),
    accept: isRoutingNumber,
  },
  {
    type: 'US_BANK_ACCOUNT_NUMBER',
    pattern: after('(?:bank|checking|savings) account(?: number| no\\.?)?', String.raw`\d{8,17}`),
  },
  {
    type: 'SWIFT_CODE',
    pattern: after('swift(?:[ /-]?bic)?(?: code)?|bic', '(?-i:[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)'),
  },
  { type: 'PIN', pattern: after('pin(?: code| number)?|geheimzahl|code pin', String.raw`\d{4,6}`) },
  { type: 'US_PASSPORT_NUMBER', pattern: after('passport(?: number| no\\.?)?', String.raw`[A-Z]?\d{8,9}`) },
  {
    type: 'DRIVER_ID',
    pattern: after("driver['’]?s? licen[cs]e(?: number| no\\.?)?", String.raw`[A-Z]{1,2}\d{5,14}`),
  },
  {
    type: 'LICENSE_PLATE',
    pattern: after(
      'licen[cs]e plate|number plate|kennzeichen',
      '(?-i:[A-Z0-9]{1,3}[ -][A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4})?)',
    ),
  },
  { type: 'VEHICLE_IDENTIFICATION_NUMBER', pattern: alone('[A-HJ-NPR-Z0-9]{17}'), accept: isVin },
];
