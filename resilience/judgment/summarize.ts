const EXAMPLES = 3;
const LONGEST_EXAMPLE = 200;

/** A sentence with the number of cases and the first three; none without cases. */
export function summarize(what: string, cases: readonly string[]): string[] {
  if (cases.length === 0) return [];
  const examples = cases.slice(0, EXAMPLES).map((one) => (one.length > LONGEST_EXAMPLE ? `${one.slice(0, LONGEST_EXAMPLE)}…` : one));
  return [`${cases.length} ${what} (${examples.join('; ')}${cases.length > EXAMPLES ? '; …' : ''})`];
}
