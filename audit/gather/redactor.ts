/** Removes the exact values of secrets from text, and everything in the form of a JWT. */
export type Redactor = {
  /** Adds a value that must never be written. Short values are ignored, because they would match by chance. */
  protect(name: string, value: string): void;
  redact(text: string): string;
  /** Names of the protected values in the text. */
  find(text: string): string[];
};

const JWT = /eyJ[\w-]{5,}\.[\w-]*(\.[\w-]*)*/g;
/** Segments after a removed token, such as its signature once more. */
const TRAILING_SEGMENTS = /(<[^<>]+>)(\.[\w-]{16,})+/g;
const BASIC = /\bBasic [\w+/=-]{16,}/g;
/** Characters; anything shorter would match by chance. */
export const SHORTEST_SECRET = 12;

/** Names and values of headers that every response has are stored with their result. */
const LONGEST_STORED = 200;
const MOST_STORED = 10_000;

export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const redacted = new Map<string, string>();
  const names = new Map<string, Set<string>>();
  /** By their first characters, longest first: a secret may contain another one, as a database URL contains its password. */
  const lengthsByStart = new Map<string, number[]>();
  /** Finds places where a value may start. It stays small, because all tokens of a run start alike. Undefined after a change. */
  let starts: RegExp | undefined;
  const add = (name: string, value: string): void => {
    if (value.length < SHORTEST_SECRET) return;
    redacted.clear();
    const start = value.slice(0, SHORTEST_SECRET);
    if (!lengthsByStart.has(start)) starts = undefined;
    lengthsByStart.set(
      start,
      [...new Set([...(lengthsByStart.get(start) ?? []), value.length])].toSorted((a, b) => b - a),
    );
    names.set(value, (names.get(value) ?? new Set()).add(name));
  };
  /** Each place of the text at which values start, and these values, longest first. */
  function* occurrences(text: string): Generator<{ index: number; values: string[] }> {
    if (text.length < SHORTEST_SECRET || lengthsByStart.size === 0) return;
    starts ??= new RegExp(`(?=(${[...lengthsByStart.keys()].map(RegExp.escape).join('|')}))`, 'g');
    for (const { index, 1: start = '' } of text.matchAll(starts)) {
      const values = (lengthsByStart.get(start) ?? []).map((length) => text.slice(index, index + length)).filter((value) => names.has(value));
      if (values.length > 0) yield { index, values };
    }
  }
  function withoutValues(text: string): string {
    let [clean, end] = ['', 0];
    for (const { index, values } of occurrences(text)) {
      const [value = ''] = values;
      if (index < end) continue;
      clean += `${text.slice(end, index)}<${[...(names.get(value) ?? [])][0]}>`;
      end = index + value.length;
    }
    return clean + text.slice(end);
  }
  const protect = (name: string, value: string): void => {
    if (value.length < SHORTEST_SECRET) return;
    add(name, value);
    add(`${name} in base64`, Buffer.from(value).toString('base64').replace(/=+$/, ''));
    const password = URL.parse(value)?.password ?? '';
    add(`password of ${name}`, password);
    add(`password of ${name}`, decodeURIComponent(password));
  };
  for (const [name, value] of Object.entries(secrets)) protect(name, value);
  return {
    protect,
    redact(text) {
      const stored = redacted.get(text);
      if (stored !== undefined) return stored;
      const result = withoutValues(text).replaceAll(JWT, '<token>').replaceAll(TRAILING_SEGMENTS, '$1').replaceAll(BASIC, 'Basic <credentials>');
      if (text.length <= LONGEST_STORED && redacted.size < MOST_STORED) redacted.set(text, result);
      return result;
    },
    find: (text) => [...new Set([...occurrences(text)].flatMap(({ values }) => values.flatMap((value) => [...(names.get(value) ?? [])])))],
  };
}
