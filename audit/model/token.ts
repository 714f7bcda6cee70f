import { parseJson, record } from './json.ts';

/** The unverified claims of a JWT; empty for another kind of token. */
export function claimsOf(token = ''): Readonly<Record<string, unknown>> {
  return segment(token, 1);
}

/** The unverified header of a JWT; empty for another kind of token. */
export function headerOf(token = ''): Readonly<Record<string, unknown>> {
  return segment(token, 0);
}

/** The user in a token's `sub`, where it is a text. */
export function subjectOf(token: string | undefined): string | undefined {
  const { sub } = claimsOf(token);
  return typeof sub === 'string' ? sub : undefined;
}

function segment(token: string, index: number): Readonly<Record<string, unknown>> {
  return record(parseJson(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()));
}
