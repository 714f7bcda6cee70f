import { hash, randomBytes } from 'node:crypto';

/** Each name costs memory on every connection of the server. Further texts (lists of many lengths) are sent unnamed. */
const MAX_NAMES = 100;

export type Statement = { text: string; name?: string };

/** Names of prepared statements, which PostgreSQL parses and plans once per connection. */
export type StatementNames = {
  /** The statement for a text, unnamed if the text has no name. */
  statementOf(text: string): Statement;
  /** Gives a text a new name, because the plan of its statement no longer matches the columns. */
  renew(text: string, outdated: Statement): void;
  /** Stops naming statements: a pooler hands out connections without their prepared statements. */
  disable(): void;
};

/** A name is the digest of its text, so that clients that share a connection use a name for the same text. */
export function createStatementNames(): StatementNames {
  const statements = new Map<string, Statement>();
  let isDisabled = false;
  return {
    statementOf: (text) => {
      if (isDisabled) return { text };
      const known = statements.get(text);
      if (known !== undefined || statements.size >= MAX_NAMES) return known ?? { text };
      const statement = named(text);
      statements.set(text, statement);
      return statement;
    },
    renew: (text, outdated) => {
      // Several requests may have met the same outdated statement.
      if (statements.get(text) !== outdated) return;
      // The text changes too: some poolers name statements by their text. https://www.pgbouncer.org/config.html#max_prepared_statements
      statements.set(text, named(`${text} /* ${randomBytes(6).toString('hex')} */`));
    },
    disable: () => (isDisabled = true),
  };
}

function named(text: string): Statement {
  return { text, name: hash('sha256', text, 'hex').slice(0, 40) };
}
