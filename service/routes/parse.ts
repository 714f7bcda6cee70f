import type { Response } from 'express';
import type * as z from 'zod/v4';
import type { Caller } from '../auth/verify-token.ts';
import { type InvalidValue, invalid, unauthenticated } from '../errors.ts';

/**
 * Parses one part of a request with the schema the contract is made from.
 * @throws {Problem} 422 naming each invalid value, none of them repeated.
 */
export function parse<T extends z.ZodType>(schema: T, part: InvalidValue['in'], value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.flatMap((issue) => {
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      const detail = issue.code === 'unrecognized_keys' ? 'is not a known field' : issue.message;
      return paths.map((path) => ({ in: part, pointer: toPointer(path), detail }));
    }),
  );
}

/** The caller of a route that lies behind requireCaller. */
export function callerOf(res: Response): Caller {
  const { caller } = res.locals;
  if (caller === undefined) throw unauthenticated();
  return caller;
}

function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
