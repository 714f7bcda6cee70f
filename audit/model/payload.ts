import { record } from './json.ts';

/** Names in an envelope such as {"success": true, "data": {…}} that are not its payload. */
const AROUND = /^(success|ok|status(_?code)?|code|message|errors?|timestamp|time|path|request_?id|meta|_?links|pagination|version)$/i;

/** The one property of an envelope that contains an object; undefined where the properties are not those of an envelope. */
export function payloadName(properties: readonly (readonly [name: string, isObject: boolean])[]): string | undefined {
  const [first, ...others] = properties.filter(([name]) => !AROUND.test(name));
  return first?.[1] === true && others.length === 0 ? first[0] : undefined;
}

/** The object in an envelope; the value itself where it is not an envelope. */
export function payload(value: unknown): unknown {
  const object = record(value);
  const name = payloadName(Object.entries(object).map(([each, inner]) => [each, Object.keys(record(inner)).length > 0]));
  return name === undefined ? value : payload(object[name]);
}

const USUAL_IDS = ['id', '_id', 'uuid'];

/** The id of an object, or of the object in an envelope, by the property of the contract or a usual one. */
export function idIn(value: unknown, property: string): unknown {
  const object = record(payload(value));
  return object[[property, ...USUAL_IDS].find((name) => name in object) ?? property];
}

/** In place of the path of a list where the contract does not document it: the first array of the response. */
export const FIRST_ARRAY = '*';

/** The value at names separated by dots, such as data.tasks; without names the value itself. */
export function valueAt(value: unknown, names: string | undefined): unknown {
  return names === undefined ? value : names.split('.').reduce<unknown>((each, name) => record(each)[name], value);
}

/** The objects of a list response; undefined where it does not contain the list. */
export function itemsIn(body: unknown, property: string | undefined): unknown[] | undefined {
  const found = property === FIRST_ARRAY ? firstArray([body]) : valueAt(body, property);
  return Array.isArray(found) ? found : undefined;
}

function firstArray(values: readonly unknown[]): unknown {
  if (values.length === 0) return undefined;
  const inner = values.flatMap((value) => Object.entries(record(value)).flatMap(([name, each]) => (/^errors?$/i.test(name) ? [] : [each])));
  return values.find((value) => Array.isArray(value)) ?? firstArray(inner);
}
