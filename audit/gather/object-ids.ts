import { parseJson } from '../model/json.ts';
import { idIn } from '../model/payload.ts';

/** The id of the object in a response body; empty where there is none. */
export function idOf(body: string | undefined, property: string): string {
  return String(jsonIdOf(body, property) ?? '');
}

/** The same as in JSON, where some ids are numbers. */
export function jsonIdOf(body: string | undefined, property: string): string | number | undefined {
  const id = idIn(parseJson(body), property);
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
