import type { Locale } from './locale.ts';

const UNITS = [
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** How long to wait, in one unit and never too short: 61 s → `2 minutes`. */
export function waitingTime(seconds: number, locale: Locale): string {
  const whole = Math.max(1, Math.ceil(seconds));
  const [unit, length] = UNITS.find(([, each]) => whole >= each) ?? ['second', 1];
  const count = Math.ceil(whole / length);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}
