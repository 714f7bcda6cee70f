import type { RequestHandler } from 'express';
import { malformed } from '../errors.ts';

/**
 * Refuses paths and queries whose escapes are not UTF-8: the parser of queries would read U+FFFD in their place. A % that begins no
 * escape is taken as it is, as browsers and the parser do.
 */
export const refuseMalformedTarget: RequestHandler = (req, _res, next) => {
  for (const [escapes] of req.originalUrl.matchAll(/(?:%[\da-f]{2})+/gi)) {
    if (!isDecodable(escapes)) throw malformed('The path or the query is not valid UTF-8.');
  }
  next();
};

function isDecodable(escapes: string): boolean {
  try {
    decodeURIComponent(escapes);
    return true;
  } catch {
    return false;
  }
}
