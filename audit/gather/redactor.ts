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

export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const names = new Map<string, Set<string>>();
  /** One expression for all values: a run has hundreds, and every text of every exchange is searched. Undefined after a change. */
  let pattern: RegExp | undefined;
  const add = (name: string, value: string): void => {
    if (value.length < SHORTEST_SECRET) return;
    if (!names.has(value)) pattern = undefined;
    names.set(value, (names.get(value) ?? new Set()).add(name));
  };
  /** Longest first: a secret may contain another one, as a database URL contains its password. */
  const patternNow = (): RegExp =>
    (pattern ??= new RegExp(
      names.size === 0
        ? '(?!)'
        : [...names.keys()]
            .toSorted((a, b) => b.length - a.length)
            .map(RegExp.escape)
            .join('|'),
      'g',
    ));
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
      const clean = text.length < SHORTEST_SECRET ? text : text.replaceAll(patternNow(), (value) => `<${[...(names.get(value) ?? [])][0]}>`);
      return clean.replaceAll(JWT, '<token>').replaceAll(TRAILING_SEGMENTS, '$1').replaceAll(BASIC, 'Basic <credentials>');
    },
    find(text) {
      if (text.length < SHORTEST_SECRET || text.search(patternNow()) === -1) return [];
      return [...names].filter(([value]) => text.includes(value)).flatMap(([, all]) => [...all]);
    },
  };
}
