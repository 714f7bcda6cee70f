import { randomBytes } from 'node:crypto';
import type { Exchange } from '../../model/exchange.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';

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

export type PathsEvidence = { control: Exchange; documentation: readonly Exchange[]; contract: readonly Exchange[]; files: readonly Exchange[] };

export const pathsEvidence: Evidence<PathsEvidence> = { name: 'paths', area: 'exposure', gather: gatherPaths };

/**
 * Well-known paths, beside the answer to a path that cannot exist. Asked for as a user: what anybody may see, a user may see.
 * What the contract itself has there is meant to be there.
 */
export async function gatherPaths(context: GatherContext): Promise<PathsEvidence> {
  const control = await context.http.send({
    actor: 'tenant B',
    purpose: 'a path that cannot exist',
    path: `/audit-${randomBytes(8).toString('hex')}`,
  });
  const documented = context.contract.operations.map(({ path }) => path);
  const ask = (paths: readonly string[], purpose: string): Promise<Exchange[]> =>
    Promise.all(paths.filter((path) => !documented.includes(path)).map((path) => context.http.send({ actor: 'tenant B', purpose, path })));
  const [documentation, contract, files] = await Promise.all([
    ask(DOCUMENTATION, 'documentation'),
    ask(CONTRACT, 'contract'),
    ask(FILES, 'file or endpoint of operations'),
  ]);
  return { control, documentation, contract, files };
}
