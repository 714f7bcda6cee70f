import { randomBytes } from 'node:crypto';
import { operationAt, privatePath } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

/** Names that frameworks use at the root and below the common path of an API. */
const DOCUMENTATION_ANYWHERE = ['/docs', '/redoc', '/swagger', '/api-docs', '/graphql'];
const CONTRACT_ANYWHERE = ['/openapi.json', '/openapi.yaml', '/swagger.json'];
/** Where a path with a slash at its end is listed, the same path without it is too. */
const DOCUMENTATION = [
  ...DOCUMENTATION_ANYWHERE,
  '/docs/',
  '/documentation',
  '/ui',
  '/ui/',
  '/swagger/index.html',
  '/swagger-ui',
  '/swagger-ui/',
  '/swagger-ui/index.html',
  '/swagger-ui.html',
  '/api-docs/',
  '/api/docs',
  '/rapidoc',
  '/reference',
  '/scalar',
  '/graphiql',
  '/playground',
  '/altair',
  '/voyager',
];
const CONTRACT = [
  ...CONTRACT_ANYWHERE,
  '/openapi',
  '/v1/openapi.json',
  '/api/openapi.json',
  '/contract/openapi.json',
  '/v2/api-docs',
  '/v3/api-docs',
  '/api/schema',
  '/api-docs.json',
  '/docs.json',
  '/docs-json',
  '/api-json',
  '/swagger/v1/swagger.json',
];

/** `controls` are the responses to random paths, at the root and below the base path; each is requested twice, which shows what varies. */
export type PathsEvidence = {
  controls: readonly Exchange[];
  documentation: readonly Exchange[];
  contract: readonly Exchange[];
};

export const pathsEvidence: Evidence<PathsEvidence> = { name: 'paths', requests: [0, 50], area: 'exposure', gather: gatherPaths };

/**
 * Requests well-known paths and random paths with a user's token, because a user sees at least what anonymous callers see.
 * Paths that the contract documents are left out.
 */
export async function gatherPaths(context: GatherContext): Promise<PathsEvidence> {
  const { operations } = context.contract;
  const base = basePathOf(privatePath(context.contract) ?? '');
  const actor = 'none' in context.target.tenants ? 'anonymous' : 'tenant B';
  const request = (paths: readonly string[], purpose: string): Promise<Exchange[]> => {
    const undocumented = paths.filter((path) => operationAt(operations, 'GET', path) === undefined);
    return Promise.all(undocumented.map((path) => context.http.send({ actor, purpose, path })));
  };
  const random = `/audit-${randomBytes(8).toString('hex')}`;
  const controls = await request([random, base + random, random, base + random], 'a random path');
  const [documentation, contract] = await Promise.all([
    request(unique([...DOCUMENTATION, ...DOCUMENTATION_ANYWHERE.map((path) => base + path)]), 'documentation path'),
    request(unique([...CONTRACT, ...CONTRACT_ANYWHERE.map((path) => base + path)]), 'contract path'),
  ]);
  return { controls, documentation, contract };
}

function unique(paths: readonly string[]): string[] {
  return [...new Set(paths)];
}

/** `/api/v1` of `/api/v1/tasks`, and `/api` of `/api/{user_id}/todos`; empty where a collection is at the root. */
export function basePathOf(collection: string): string {
  const [beforeUser = ''] = collection.split('/{');
  const end = beforeUser === collection ? collection.replace(/\/$/, '').lastIndexOf('/') : beforeUser.length;
  return collection.slice(0, Math.max(0, end));
}
