import { spreadOf } from './statistics.ts';

const SIGNIFICANT_DIGITS = 3;
const format = new Intl.NumberFormat('en', { maximumSignificantDigits: SIGNIFICANT_DIGITS });

/** A figure as the tables show it: three digits say all that a repetition confirms. */
export function shown(value: number): string {
  return format.format(value);
}

/** Median and, behind it, least and most of several rounds; a dash where none of them measured anything. */
export function shownSpread(values: readonly (number | null)[]): string {
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) return '–';
  const { median, min, max } = spreadOf(measured);
  return min === max ? shown(median) : `${shown(median)} (${shown(min)}–${shown(max)})`;
}
