import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import type { Logger } from '../log.ts';

/**
 * An address without the port, brackets and zone that some proxies write with it (RFC 7239 section 6). With its port, each connection
 * of a client would have its own bucket. Every text that is not an address becomes `unknown`.
 */
export function bareAddress(text: string): string {
  const withoutPort = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = withoutPort.replace(/%.*$/, '');
  return isIP(address) === 0 ? 'unknown' : address;
}

/** Logs one warning at the first sign of a proxy that TRUST_PROXY does not count: all of its clients have one address. */
export function warnOfProxy(log: Logger): RequestHandler {
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
