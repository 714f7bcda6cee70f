import type { Response } from 'express';
import type * as z from 'zod/v4';
import { type InvalidValue, invalid, unauthenticated } from '../errors.ts';

/** @throws {Problem} 422 that names each invalid value without quoting it */
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

/** The caller's id, on a route after requireCaller. */
export function userIdOf(res: Response): string {
  const { caller } = res.locals;
  if (caller === undefined) throw unauthenticated();
  return caller.userId;
}

function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
