/** One line of progress on stderr. stdout is left to results. */
export function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
