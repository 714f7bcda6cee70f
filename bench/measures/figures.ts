import { spreadOf } from './statistics.ts';

const SIGNIFICANT_DIGITS = 3;
const numbers = new Intl.NumberFormat('en', { maximumSignificantDigits: SIGNIFICANT_DIGITS });

/** Three digits: repetitions do not confirm more. */
export function format(value: number): string {
  return numbers.format(value);
}

/** The median of several rounds, followed by minimum and maximum where they differ; a dash where no round has a value. */
export function formatSpread(values: readonly (number | null)[]): string {
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) return '–';
  const { median, min, max } = spreadOf(measured);
  return min === max ? format(median) : `${format(median)} (${format(min)}–${format(max)})`;
}
