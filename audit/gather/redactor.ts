/** Takes secrets out of text by their exact value, and anything that has the shape of a JWT. */
export type Redactor = {
  /** Adds a value that must never be written; short values are ignored because they would match by chance. */
  protect(name: string, value: string): void;
  redact(text: string): string;
  /** Names of the protected values that stand in the text. */
  find(text: string): string[];
};

const JWT = /eyJ[\w-]{5,}\.[\w-]*(\.[\w-]*)*/g;
/** What stays behind where a known token stood before further segments, such as its signature once more. */
const TRAILING_SEGMENTS = /(<[^<>]+>)(\.[\w-]{16,})+/g;
const BASIC = /\bBasic [\w+/=-]{16,}/g;
/** Characters; anything shorter would match by chance. */
export const SHORTEST_SECRET = 12;

export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const names = new Map<string, Set<string>>();
  /** Longest first: one secret may hold another, as a database URL holds its password. */
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
