/** Says on stderr what was done and how long it took, one line a step. stdout is left to results. */
export async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const begun = performance.now();
  const result = await work();
  say(`${name} (${Math.round(performance.now() - begun)} ms)`);
  return result;
}

/** One line of progress. */
export function say(line: string): void {
  process.stderr.write(`rehearsal: ${line}\n`);
}
