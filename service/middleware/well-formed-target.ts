import type { RequestHandler } from 'express';
import { malformed } from '../errors.ts';

/**
 * Rejects paths and queries whose escapes are not UTF-8, which the query parser would replace by U+FFFD. A % that begins no escape is
 * a literal %, as for browsers and the query parser.
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
