import { parseJson, record } from './json.ts';

/** Places of words in a body, such as detail#5: a member of its JSON, and the number of the word in its text. */
export type Variation = ReadonlySet<string>;

/** The words of a body with their places. */
export function wordsOf(body: string): [place: string, word: string][] {
  const value = parseJson(body);
  return leavesOf(value === undefined ? body : value).flatMap(([member, text]) =>
    text.split(/\s+/).map((word, index): [string, string] => [`${member}#${index}`, word]),
  );
}

function leavesOf(value: unknown, member = ''): [string, string][] {
  const inner = Array.isArray(value) ? value.map((each: unknown, index) => [String(index), each] as const) : Object.entries(record(value));
  if (inner.length > 0) return inner.flatMap(([name, each]) => leavesOf(each, `${member}/${name}`));
  return [[member, typeof value === 'string' ? value : JSON.stringify(value)]];
}
