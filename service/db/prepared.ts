import type { Compilable, CompiledQuery } from 'kysely';
import type { Db } from './database.ts';

/** Replaces a value while its query is built. Only Kysely may use it: reading it throws. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`The value of ${this.name} is not known while its query is built: pass it to Kysely unchanged`);
  }
}

/**
 * A query that is built and compiled once per shape and per set of values that are not undefined. Every combination stays in memory,
 * so there must be few.
 * @param build must not depend on a value except on whether it is undefined; anything else that changes the SQL is the shape
 */
export function prepare<Values extends object, Shape extends unknown[], Row>(
  build: (db: Db, values: Values, ...shape: Shape) => Compilable<Row>,
): (db: Db, values: Values, ...shape: Shape) => Promise<Row[]> {
  const compiled = new Map<string, CompiledQuery<Row>>();
  return async (db, values, ...shape) => {
    const given = new Map(Object.entries(values).filter(([, value]) => value !== undefined));
    const key = JSON.stringify([...given.keys(), shape]);
    let query = compiled.get(key);
    if (query === undefined) {
      const placeholders = Object.fromEntries([...given.keys()].map((name) => [name, new Placeholder(name)]));
      query = build(db, placeholders as Values, ...shape).compile();
      compiled.set(key, query);
    }
    const parameters = query.parameters.map((parameter) => (parameter instanceof Placeholder ? given.get(parameter.name) : parameter));
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}
