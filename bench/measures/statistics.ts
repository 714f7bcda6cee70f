export type Spread = {
  readonly median: number;
  readonly min: number;
  readonly max: number;
};

/** @throws RangeError without values */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('A spread needs values');
  const half = sorted.length / 2;
  const median = ((sorted[Math.ceil(half) - 1] ?? min) + (sorted[Math.floor(half)] ?? max)) / 2;
  return { median, min, max };
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

/**
 * The nearest-rank percentile.
 * @param percent 0 to 100
 * @throws RangeError without values
 */
export function percentileOf(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('A percentile needs values');
  return value;
}
