import { randomBytes } from 'node:crypto';
import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

const DOCUMENTATION = [
  '/docs',
  '/redoc',
  '/swagger',
  '/swagger-ui',
  '/swagger-ui/index.html',
  '/api-docs',
  '/graphql',
  '/graphiql',
  '/api/docs',
  '/api/v1/docs',
  '/documentation',
  '/reference',
  '/scalar',
];
const CONTRACT = [
  '/openapi.json',
  '/openapi.yaml',
  '/swagger.json',
  '/api/v1/openapi.json',
  '/contract/openapi.json',
  '/v3/api-docs',
  '/api/openapi.json',
  '/api-docs.json',
  '/docs.json',
  '/api-json',
  '/swagger/v1/swagger.json',
];
const FILES = [
  '/.env',
  '/.git/HEAD',
  '/package.json',
  '/package-lock.json',
  '/Procfile',
  '/dist/server.js',
  '/server.js',
  '/.git/config',
  '/.env.production',
  '/debug/env',
  '/server.js.map',
  '/metrics',
  '/debug',
  '/env',
  '/admin',
  '/status',
  '/actuator',
];

/** `control` is the response to a random path. */
export type PathsEvidence = { control: Exchange; documentation: readonly Exchange[]; contract: readonly Exchange[]; files: readonly Exchange[] };

export const pathsEvidence: Evidence<PathsEvidence> = { name: 'paths', requests: 42, area: 'exposure', gather: gatherPaths };

/**
 * Requests well-known paths and a random path with a user's token, because a user sees at least what anonymous callers see.
 * Paths that the contract documents are left out.
 */
export async function gatherPaths(context: GatherContext): Promise<PathsEvidence> {
  const control = await context.http.send({
    actor: 'tenant B',
    purpose: 'a random path',
    path: `/audit-${randomBytes(8).toString('hex')}`,
  });
  const documented = context.contract.operations.map(({ path }) => path);
  const request = (paths: readonly string[], purpose: string): Promise<Exchange[]> =>
    Promise.all(paths.filter((path) => !documented.includes(path)).map((path) => context.http.send({ actor: 'tenant B', purpose, path })));
  const [documentation, contract, files] = await Promise.all([
    request(DOCUMENTATION, 'documentation path'),
    request(CONTRACT, 'contract path'),
    request(FILES, 'path of a file or operations endpoint'),
  ]);
  return { control, documentation, contract, files };
}
