const LONGEST = 500;

/** One line of bearable length, whatever an API answered. */
export function oneLine(text: string): string {
  return withoutControls(text).slice(0, LONGEST);
}

/** Without what ends a line, moves a cursor or turns the direction of text. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- These are the ones to be rid of.
  return text.toWellFormed().replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ');
}
