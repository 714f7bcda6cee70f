import { createHmac, timingSafeEqual } from 'node:crypto';

/** Returns the user of an unexpired HS256 bearer token that is signed with this key; undefined for any other. */
export function createVerify(key: string): (authorization: string | undefined) => string | undefined {
  return (authorization) => {
    if (authorization === undefined || !authorization.startsWith('Bearer ')) return undefined;
    const [header = '', payload = '', signature = ''] = authorization.slice(7).split('.', 3);
    const expected = createHmac('sha256', key).update(`${header}.${payload}`).digest();
    const actual = Buffer.from(signature, 'base64url');
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
    if (parse(header)['alg'] !== 'HS256') return undefined;
    const { sub, exp } = parse(payload);
    return typeof sub === 'string' && typeof exp === 'number' && exp * 1_000 > Date.now() ? sub : undefined;
  };
}

/** Signed parts come from the holder of the key, so they are JSON. */
function parse(part: string): { [claim: string]: unknown } {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as { [claim: string]: unknown };
}
