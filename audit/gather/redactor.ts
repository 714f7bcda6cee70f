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
  /** Longest first: a secret may contain another one, as a database URL contains its password. */
  let known: [value: string, names: Set<string>][] = [];
  const add = (name: string, value: string): void => {
    if (value.length < SHORTEST_SECRET) return;
    names.set(value, (names.get(value) ?? new Set()).add(name));
    known = [...names].toSorted(([a], [b]) => b.length - a.length);
  };
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
      let clean = text;
      for (const [value, [name]] of known) clean = clean.replaceAll(value, `<${name}>`);
      return clean.replaceAll(JWT, '<token>').replaceAll(TRAILING_SEGMENTS, '$1').replaceAll(BASIC, 'Basic <credentials>');
    },
    find: (text) => [...names].filter(([value]) => text.includes(value)).flatMap(([, all]) => [...all]),
  };
}
