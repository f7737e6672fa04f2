/** Which numbers can be what they look like. Spaces and hyphens are the caller's to take out. */

/** Payment cards and Canadian social insurance numbers (ISO/IEC 7812-1, annex B). */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const twice = digit * 2;
    sum += at % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}

/** Remainder 1 of 97 (ISO 7064), on an IBAN without spaces. */
export function isIban(iban: string): boolean {
  const turned = iban.slice(4) + iban.slice(0, 4);
  let rest = 0;
  for (const char of turned) {
    for (const digit of String(Number.parseInt(char, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

const weighed = (digits: string, weights: readonly number[]) =>
  weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);

/** Routing number of a bank in the United States. */
export const isRoutingNumber = (digits: string) =>
  digits.length === 9 && weighed(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;

/** Number of the British National Health Service. */
export function isNhsNumber(digits: string): boolean {
  const check = 11 - (weighed(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return digits.length === 10 && check !== 10 && Number(digits[9]) === check % 11;
}

const VIN_VALUES: Readonly<Record<string, number>> = Object.fromEntries(
  [...'0123456789', ...'ABCDEFGH', ...'JKLMN', 'P', 'R', ...'STUVWXYZ'].map((char) => {
    const runs = ['0123456789', ' ABCDEFGH', ' JKLMN P R', '  STUVWXYZ'];
    return [char, Math.max(...runs.map((run) => run.indexOf(char)))];
  }),
);

/** Vehicle identification number with its check digit (49 CFR 565.15). */
export function isVin(vin: string): boolean {
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  const sum = weights.reduce((all, weight, at) => all + weight * (VIN_VALUES[vin[at] ?? ''] ?? 0), 0);
  return vin[8] === (sum % 11 === 10 ? 'X' : String(sum % 11));
}

/** Bits a character. Keys come out of a generator and have many; words and paths have few. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}
