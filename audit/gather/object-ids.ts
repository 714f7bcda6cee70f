/** The id of the object an answer holds; empty where it holds none. */
export function idOf(body: string | undefined, property: string): string {
  return String(jsonIdOf(body, property) ?? '');
}

/** The same as it stands in JSON: some are numbers. */
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
