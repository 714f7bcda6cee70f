import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import type { Logger } from '../log.ts';

/**
 * An address without the port, brackets and zone that some proxies add (RFC 7239 section 6): with its port, each connection of a client
 * would have its own bucket. Returns `unknown` for a text that is not an address.
 */
export function bareAddress(text: string): string {
  const withoutPort = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = withoutPort.replace(/%.*$/, '');
  return isIP(address) === 0 ? 'unknown' : address;
}

/** Logs one warning when a request came through a proxy although TRUST_PROXY is 0: all of its clients then have one address. */
export function warnAboutProxy(log: Logger): RequestHandler {
  let hasWarned = false;
  return function warnOnce(req, _res, next) {
    if (!hasWarned && req.headers['x-forwarded-for'] !== undefined) {
      hasWarned = true;
      log.warn(
        'a request has X-Forwarded-For, but TRUST_PROXY is 0: behind a proxy, all clients without a token share one rate limit. Set TRUST_PROXY to the number of proxies (2 on Railway)',
      );
    }
    next();
  };
}
