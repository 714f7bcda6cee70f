import type { RequestHandler } from 'express';
import { malformed } from '../errors.ts';
import { succeeds } from '../succeeds.ts';

/**
 * Rejects paths and queries whose escapes are not UTF-8, which the query parser would replace by U+FFFD. A % that begins no escape is
 * literal, as in browsers and the query parser.
 */
export const rejectMalformedTarget: RequestHandler = (req, _res, next) => {
  for (const [escapes] of req.originalUrl.matchAll(/(?:%[\da-f]{2})+/gi)) {
    if (!succeeds(() => decodeURIComponent(escapes))) throw malformed('The path or the query is not valid UTF-8.');
  }
  next();
};
