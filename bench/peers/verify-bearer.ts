import { createHmac, timingSafeEqual } from 'node:crypto';

/** The user of an HS256 bearer token that is signed with this key and not expired; undefined for any other. */
export function createVerify(key: string): (authorization: string | undefined) => string | undefined {
  return (authorization) => {
    if (authorization === undefined || !authorization.startsWith('Bearer ')) return undefined;
    const [header = '', payload = '', signature = ''] = authorization.slice(7).split('.', 3);
    const expected = createHmac('sha256', key).update(`${header}.${payload}`).digest();
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    if (parse(header)['alg'] !== 'HS256') return undefined;
    const { sub, exp } = parse(payload);
    return typeof sub === 'string' && typeof exp === 'number' && exp * 1_000 > Date.now() ? sub : undefined;
  };
}

/** What is signed was made by whoever has the key: it is JSON. */
function parse(part: string): { [claim: string]: unknown } {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as { [claim: string]: unknown };
}
