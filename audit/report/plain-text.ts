const LONGEST = 500;

/** One line of limited length, whatever a response contains. */
export function oneLine(text: string): string {
  return withoutControls(text).slice(0, LONGEST);
}

/** Without characters that end a line, move a cursor or change the direction of text. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- These characters are replaced.
  return text.toWellFormed().replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ');
}
