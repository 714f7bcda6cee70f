import { randomBytes } from 'node:crypto';
import { operationAt, privatePath } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { Actor, Exchange } from '../../model/exchange.ts';
import type { Cell } from '../../model/matrix.ts';
import { comparable } from '../../model/response.ts';
import { variationOf } from '../../model/variation.ts';
import { EXPOSED_PATHS } from './exposed-paths.ts';
import { basePathOf } from './gather.ts';

/** One path; and where it does not get the response of a random path, a random one of the same form: in the same place, with the same kind of name. */
export type PathCell = Cell<{ exchange: Exchange; control?: Exchange }>;

export type ExposedPathsEvidence = {
  /** Random paths at the root and below the base path, each requested twice, which shows what varies. */
  controls: readonly Exchange[];
  cells: readonly PathCell[];
};

export const exposedPathsEvidence: Evidence<ExposedPathsEvidence> = {
  name: 'exposed-paths',
  requests: [45, 46],
  area: 'exposure',
  gather: gatherExposedPaths,
};

const DOCUMENTED = 'the contract documents it';

/** Requests with a user's token, because a user sees at least what anonymous callers see. */
export async function gatherExposedPaths(context: GatherContext): Promise<ExposedPathsEvidence> {
  const { operations } = context.contract;
  const base = basePathOf(privatePath(context.contract) ?? '');
  const random = `audit-${randomBytes(6).toString('hex')}`;
  let count = 0;
  // The users take turns, because the rate limit of one does not allow all paths.
  const nextActor = (): Actor => ('none' in context.target.tenants ? 'anonymous' : (count += 1) % 2 === 0 ? 'tenant A' : 'tenant B');
  const request = (purpose: string, path: string): Promise<Exchange> => context.http.send({ actor: nextActor(), purpose, path });
  const controls = new Map<string, Promise<Exchange>>();
  const controlOf = (path: string): Promise<Exchange> => {
    const at = path.startsWith(`${base}/`) && base !== '' ? base : '';
    const control = at + likeName(path.slice(at.length), random);
    const known = controls.get(control) ?? request('a random path of the same form', control);
    controls.set(control, known);
    return known;
  };
  const planned = EXPOSED_PATHS.flatMap(({ name: row, root, below }) => [
    ...root.map((path) => ({ row, column: 'the root', path })),
    ...(base === '' ? [] : below.map((path) => ({ row, column: `below ${base}`, path: base + path }))),
  ]);
  const isDocumented = (path: string): boolean => operationAt(operations, 'GET', path.replace(/\?.*/, ''), 'i') !== undefined;
  const places = [...new Set([`/${random}`, `${base}/${random}`])];
  const plain = await Promise.all([...places, ...places].map((path) => request('a random path', path)));
  const variation = variationOf(plain);
  const usual = new Set(plain.map((exchange) => comparable(exchange, variation)));
  const cells = await Promise.all(
    planned.map(async ({ row, column, path }): Promise<PathCell> => {
      if (isDocumented(path)) return { row, column, excluded: DOCUMENTED };
      const exchange = await request('a path that deployments leave open', path);
      const isUsual = exchange.response?.status === 404 && usual.has(comparable(exchange, variation));
      return { row, column, exchange, ...(!isUsual && { control: await controlOf(path) }) };
    }),
  );
  return { controls: plain, cells };
}

/** A random name of the same form: with a dot at its start, with the same extension, with a slash at its end, with a query. */
function likeName(path: string, random: string): string {
  const [pathname = '', query] = path.split('?');
  const isHidden = pathname.split('/').some((segment) => segment.startsWith('.'));
  const extension = /[^/.]\.[\w.]+$/.exec(pathname)?.[0].slice(1) ?? '';
  return `/${isHidden ? '.' : ''}${random}${extension}${pathname.endsWith('/') ? '/' : ''}${query === undefined ? '' : `?${query}`}`;
}
