import type { Response } from 'express';
import type { Json } from '../db/text.ts';

/** As Express sends JSON; but that is written already, and leaves in one piece with its headers instead of as a buffer of its own. */
export function sendJson(res: Response, text: Json<unknown>): void {
  if (res.req.fresh) {
    res.status(304).end();
    return;
  }
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}
