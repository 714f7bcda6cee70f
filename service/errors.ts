import { STATUS_CODES } from 'node:http';

/** `pointer` is a JSON Pointer (RFC 6901) into the named part of the request. */
export type InvalidValue = { in: 'body' | 'query' | 'path' | 'header'; pointer: string; detail: string };

type Extras = { errors?: readonly InvalidValue[]; headers?: Record<string, string>; cause?: unknown };

/** An error response, in the format of RFC 9457. The only errors whose text clients see. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly InvalidValue[] | undefined;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, detail: string, extras: Extras = {}) {
    super(detail, { cause: extras.cause });
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.errors = extras.errors;
    this.headers = extras.headers ?? {};
  }

  /** `message` repeats `detail` because Better Auth's client displays it. */
  toJSON(): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      code: this.code,
      message: this.message,
      ...(this.errors && { errors: this.errors }),
    };
  }
}

export const malformed = (detail: string): Problem => new Problem(400, 'malformed', detail);

/** The same for every rejected token, so that it does not reveal why. */
export const unauthenticated = (): Problem =>
  new Problem(401, 'unauthenticated', 'A valid bearer token is required.', { headers: { 'WWW-Authenticate': 'Bearer' } });

export const originNotAllowed = (): Problem => new Problem(403, 'origin_not_allowed', 'Pages of this origin may not call this API.');

/** Also for another user's object, so that the two cannot be distinguished. */
export const notFound = (): Problem => new Problem(404, 'not_found', 'There is nothing here.');

export const methodNotAllowed = (allowed: readonly string[]): Problem =>
  new Problem(405, 'method_not_allowed', `This resource supports ${allowed.join(', ')}.`, { headers: { Allow: allowed.join(', ') } });

export const conflict = (detail: string): Problem => new Problem(409, 'conflict', detail);

export const invalid = (errors: readonly InvalidValue[]): Problem => new Problem(422, 'invalid', 'The request has invalid values.', { errors });

export const tooManyRequests = (): Problem =>
  new Problem(429, 'too_many_requests', 'Too many requests: wait for the number of seconds in Retry-After.');

/** @param cause never sent */
export const unavailable = (cause: unknown): Problem =>
  new Problem(503, 'unavailable', 'The service cannot reach its database at the moment: try again.', { headers: { 'Retry-After': '2' }, cause });

/** A full disk or a change of the primary takes longer than a dropped connection. */
export const unwritable = (cause: unknown): Problem =>
  new Problem(503, 'unavailable', 'The service cannot write to its database at the moment: try again later.', {
    headers: { 'Retry-After': '10' },
    cause,
  });
