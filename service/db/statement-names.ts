import { hash } from 'node:crypto';

/** Each costs every connection of the server some memory. Texts beyond them (lists of many lengths) go unnamed. */
const MOST_NAMES = 100;

/** Names by which PostgreSQL parses and plans a text once a connection, in place of each time. */
export type StatementNames = {
  /** Undefined where the text is to be sent unnamed. */
  nameOf(text: string): string | undefined;
  /** From now on nothing is named: there is a pooler in between that hands out connections without their statements. */
  giveUp(): void;
};

/** A name is the digest of its text, so that whoever shares a connection means the same by it. */
export function createStatementNames(): StatementNames {
  const names = new Map<string, string>();
  let isGivenUp = false;
  return {
    nameOf: (text) => {
      if (isGivenUp) return undefined;
      const known = names.get(text);
      if (known !== undefined || names.size >= MOST_NAMES) return known;
      const name = hash('sha256', text, 'hex').slice(0, 40);
      names.set(text, name);
      return name;
    },
    giveUp: () => {
      isGivenUp = true;
    },
  };
}
