/** The id of the object in a response body; empty where there is none. */
export function idOf(body: string | undefined, property: string): string {
  return String(jsonIdOf(body, property) ?? '');
}

/** The same as in JSON, where some ids are numbers. */
export function jsonIdOf(body: string | undefined, property: string): string | number | undefined {
  const id = (parse(body) as Record<string, unknown> | null | undefined)?.[property];
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

export function parse(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '');
  } catch {
    return undefined;
  }
}
