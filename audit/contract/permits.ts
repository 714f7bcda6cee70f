import addFormats from 'ajv-formats';
import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import { bodySchema, type Json, parametersOf, typeOf } from './openapi-document.ts';

type Place = { path: string; method: string };

/** Whether the contract allows a request. The API must reject what it forbids, and may accept what it does not mention. */
export type Permits = {
  body(operation: Place, body: unknown): boolean;
  /** The values of one query parameter; an undocumented name is allowed. */
  query(operation: Place, name: string, ...values: readonly string[]): boolean;
};

export function createPermits(document: Json): Permits {
  const bodies = compilerOf({});
  // Query values are text.
  const queries = compilerOf({ coerceTypes: true });
  // References in the schema point to the components of the document.
  const whole = (schema: Json): Json => ({ ...schema, components: document['components'] });
  // Ajv compiles a schema once as long as it is the same object.
  const known = new Map<string, Json>();
  const once = (key: string, schemaNow: () => Json): Json => {
    const schema = known.get(key) ?? whole(schemaNow());
    known.set(key, schema);
    return schema;
  };
  return {
    body: (operation, body) =>
      bodies.validate(
        once(`${operation.method} ${operation.path}`, () => bodySchema(document, operation)),
        body,
      ),
    query(operation, name, ...values) {
      const parameter = parametersOf(document, operation).get(name);
      if (parameter?.['in'] !== 'query') return true;
      const schema = parameter['schema'] as Json;
      if (values.length > 1 && typeOf(schema) !== 'array') return false;
      const [value] = values;
      const ofValue = once(`${operation.method} ${operation.path}?${name}`, () => ({ properties: { value: schema } }));
      return queries.validate(ofValue, { value: typeOf(schema) === 'array' ? values : value });
    },
  };
}

/** Does not validate the schemas, because compiling the schema of schemas would take longer than all schemas of a contract. */
export function compilerOf(options: Options): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, ...options });
  addFormats.default(ajv);
  return ajv;
}
