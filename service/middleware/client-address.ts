import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import type { Logger } from '../log.ts';

/**
 * An address without what else proxies write with it: a port, the brackets before one, the zone of a link (RFC 7239 section 6). With
 * a port, each connection of a client would count alone. What is not an address is the same for all: `unknown`.
 */
export function bareAddress(text: string): string {
  const withoutPort = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = withoutPort.replace(/%.*$/, '');
  return isIP(address) === 0 ? 'unknown' : address;
}

/** Says once that a proxy seems to be in front, though none is trusted: then all of its clients have one address. */
export function warnOfProxy(log: Logger): RequestHandler {
  let hasWarned = false;
  return function warnOnce(req, _res, next) {
    if (!hasWarned && req.headers['x-forwarded-for'] !== undefined) {
      hasWarned = true;
      log.warn(
        'a request has X-Forwarded-For, and TRUST_PROXY is 0: behind a proxy all clients without a token share one rate limit. Set TRUST_PROXY to the number of proxies, 2 on Railway',
      );
    }
    next();
  };
}
