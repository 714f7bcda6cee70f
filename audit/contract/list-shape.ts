import { FIRST_ARRAY } from '../model/payload.ts';
import { type Json, propertiesOf, schemaAt, typeOf } from './openapi-document.ts';
import type { Resource } from './operations.ts';

type Property = { path: string; name: string; schema: Json };

/** Enough for {"data": {"tasks": […]}} in another envelope. */
const DEEPEST = 3;

/** Where a list response has its objects and their number: an array of objects with the text property comes before any other array. */
export function listShapeOf(document: Json, schema: Json, text: string): Pick<Resource, 'listProperty' | 'totalProperty'> {
  if (typeOf(schema) === 'array') return { listProperty: undefined, totalProperty: undefined };
  const properties = propertiesInside(document, schema);
  const arrays = properties.filter((property) => typeOf(property.schema) === 'array');
  const ofObjects = arrays.find(({ schema: { items } }) => propertiesOf(document, schemaAt(document, items)).some(([name]) => name === text));
  return {
    listProperty: (ofObjects ?? arrays[0])?.path ?? FIRST_ARRAY,
    totalProperty: properties.find(({ name, schema: each }) => ['integer', 'number'].includes(String(typeOf(each))) && /total|count/i.test(name))
      ?.path,
  };
}

/** The properties of an object and of the objects in it, those of the outer ones first. */
function propertiesInside(document: Json, schema: Json): Property[] {
  const found: Property[] = [];
  let level: Pick<Property, 'path' | 'schema'>[] = [{ path: '', schema }];
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const inner = level.flatMap((outer) =>
      propertiesOf(document, outer.schema).map(([name, each]) => ({ path: [outer.path, name].filter(Boolean).join('.'), name, schema: each })),
    );
    found.push(...inner);
    level = inner;
  }
  return found;
}
