import { hash, randomBytes } from 'node:crypto';

/** Each costs every connection of the server some memory. Texts beyond them (lists of many lengths) go unnamed. */
const MOST_NAMES = 100;

export type Statement = { text: string; name?: string };

/** Names by which PostgreSQL parses and plans a text once a connection, in place of each time. */
export type StatementNames = {
  /** How a text is to be sent: unnamed where it has no name. */
  statementOf(text: string): Statement;
  /** Replaces a text's statement, whose plan no longer fits the columns, by one with another text and name. */
  renew(text: string, outdated: Statement): void;
  /** From now on nothing is named: there is a pooler in between that hands out connections without their statements. */
  giveUp(): void;
};

/** A name is the digest of its text, so that whoever shares a connection means the same by it. */
export function createStatementNames(): StatementNames {
  const statements = new Map<string, Statement>();
  let isGivenUp = false;
  return {
    statementOf: (text) => {
      if (isGivenUp) return { text };
      const known = statements.get(text);
      if (known !== undefined || statements.size >= MOST_NAMES) return known ?? { text };
      const statement = named(text);
      statements.set(text, statement);
      return statement;
    },
    renew: (text, outdated) => {
      // Several requests may have met the same outdated statement.
      if (statements.get(text) !== outdated) return;
      // The text differs too: some poolers name statements themselves, by their text. https://www.pgbouncer.org/config.html#max_prepared_statements
      statements.set(text, named(`${text} /* ${randomBytes(6).toString('hex')} */`));
    },
    giveUp: () => {
      isGivenUp = true;
    },
  };
}

function named(text: string): Statement {
  return { text, name: hash('sha256', text, 'hex').slice(0, 40) };
}
