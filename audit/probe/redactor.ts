/** Takes secrets out of text by their exact value, and anything that has the shape of a JWT. */
export type Redactor = {
  /** Adds a value that must never be written; short values are ignored because they would match by chance. */
  protect(name: string, value: string): void;
  redact(text: string): string;
  /** Names of the protected values that stand in the text. */
  find(text: string): string[];
};

const JWT = /eyJ[\w-]{5,}\.[\w-]*(\.[\w-]*)*/g;
const SHORTEST_SECRET = 12;

export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const values = new Map<string, string>();
  const protect = (name: string, value: string): void => {
    if (value.length < SHORTEST_SECRET) return;
    values.set(value, name);
    values.set(Buffer.from(value).toString('base64').replace(/=+$/, ''), `${name} in base64`);
    const password = URL.parse(value)?.password ?? '';
    for (const spelling of new Set([password, decodeURIComponent(password)])) {
      if (spelling.length >= SHORTEST_SECRET) values.set(spelling, `password of ${name}`);
    }
  };
  for (const [name, value] of Object.entries(secrets)) protect(name, value);
  return {
    protect,
    redact(text) {
      let clean = text;
      // Longest first: one secret may hold another, as a database URL holds its password.
      for (const [value, name] of [...values].sort(([a], [b]) => b.length - a.length)) clean = clean.replaceAll(value, `<${name}>`);
      return clean.replaceAll(JWT, '<token>');
    },
    find: (text) => [...values].filter(([value]) => text.includes(value)).map(([, name]) => name),
  };
}
