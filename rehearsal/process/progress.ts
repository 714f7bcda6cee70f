type Report = (line: string) => void;

/** Prints one line of progress to stderr; stdout is for results. */
export function createReport(program: string): Report {
  return (line) => void process.stderr.write(`${program}: ${line}\n`);
}

export const report: Report = createReport('rehearsal');

/** Reports a step with its duration once it is done. */
export async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const began = performance.now();
  const result = await work();
  report(`${name} (${Math.round(performance.now() - began)} ms)`);
  return result;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
