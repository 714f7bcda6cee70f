import { createHmac } from 'node:crypto';

/** A token of the user with HS256 that expires in 2100. */
export function tokenOf(secret: string, user = 'user_1'): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: user, exp: 4_102_444_800 })}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
