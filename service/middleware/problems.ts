import type { ErrorRequestHandler, RequestHandler } from 'express';
import { KeySetUnavailableError } from '../auth/key-set.ts';
import { DatabaseUnavailableError } from '../db/failures.ts';
import { conflict, invalid, methodNotAllowed, notFound, Problem, unavailable, unwritable } from '../errors.ts';
import { IdempotencyKeyReusedError } from '../idempotency.ts';
import type { Logger } from '../log.ts';
import { TagNameTakenError } from '../tags/queries.ts';
import { UnknownTagsError } from '../tasks/queries.ts';

/** Errors of the layers below, which do not know HTTP, and their problems. */
const DOMAIN_ERRORS = [
  when(DatabaseUnavailableError, ({ failure, cause }) => (failure === 'read-only' || failure === 'full' ? unwritable(cause) : unavailable(cause))),
  when(KeySetUnavailableError, (error) => unavailable(error)),
  when(TagNameTakenError, () => conflict('You already have a tag with this name.')),
  when(UnknownTagsError, ({ indexes }) =>
    invalid(indexes.map((index) => ({ in: 'body', pointer: `/tag_ids/${index}`, detail: 'does not refer to one of your tags' }))),
  ),
  when(
    IdempotencyKeyReusedError,
    () => new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key was sent with a different request before. Send a new key.'),
  ),
];

export const rejectUnknownPath: RequestHandler = () => {
  throw notFound();
};

/** The last handler of a route, for all methods except the given ones. HEAD is allowed with GET. */
export function rejectOtherMethods(...methods: readonly string[]): RequestHandler {
  const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  return () => {
    throw methodNotAllowed(allowed);
  };
}

/** Sends every error as application/problem+json (RFC 9457). An unexpected one reveals nothing about its cause. */
export function sendProblem(log: Logger): ErrorRequestHandler {
  // Express recognizes error handlers by their four parameters.
  return function sendProblemDetails(error: unknown, _req, res, next) {
    const problem = toProblem(error);
    if (problem.status >= 500 && problem.code === 'internal') {
      log.error({ err: error, request_id: res.locals.requestId }, 'unexpected error');
    }
    if (res.headersSent) {
      next(error);
      return;
    }
    res
      .status(problem.status)
      .set(problem.headers)
      .type('application/problem+json')
      .json({ ...problem.toJSON(), request_id: res.locals.requestId });
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  for (const translate of DOMAIN_ERRORS) {
    const problem = translate(error);
    if (problem !== undefined) return problem;
  }
  // express and body-parser set `status` on client errors. Their messages may quote the request.
  switch (error instanceof Error && 'status' in error && error.status) {
    case 413:
      return new Problem(413, 'content_too_large', 'The body must not exceed 16 KiB.');
    case 415:
      return new Problem(415, 'unsupported_media_type', 'The body must be application/json in UTF-8, not compressed in an unknown way.');
    case 400:
      return new Problem(400, 'malformed', 'The request is malformed: check the path and that the body is a JSON object.');
    default:
      return new Problem(500, 'internal', 'Something went wrong on our side. Quote the request id when you report it.');
  }
}

function when<E extends Error>(type: new (...args: never[]) => E, toProblem: (error: E) => Problem): (error: unknown) => Problem | undefined {
  return (error) => (error instanceof type ? toProblem(error) : undefined);
}
