import type { Compilable, CompiledQuery } from 'kysely';
import type { Db } from './database.ts';

/** Stands for a value while its query is built. It can be handed to Kysely; whoever looks into it is told so. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`The value of ${this.name} is not known while its query is built: it can only be handed to Kysely`);
  }
}

/**
 * A query that is built and compiled once, and then runs with other values each time: once for each shape, and for each
 * choice of values that are given at all. There must be few shapes: each is kept.
 * @param build knows nothing of a value but whether it is given; what else the SQL depends on is its shape
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
