import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { repository } from '../../rehearsal/process/repository-root.ts';
import type { Python } from '../host/python.ts';

const SOURCES = import.meta.dirname;

/** A server that can be started as the service is: by the Procfile in its directory. */
export type Peer = {
  readonly name: string;
  /** What it is made of. */
  readonly title: string;
  readonly directory: string;
};

/** The service itself, built before. */
export const service: Peer = { name: 'service', title: 'this service, all protections on', directory: repository };

/** As their authors would have them started: packages stay where npm has put them. */
const STOCK = {
  fastify: 'Fastify + pg: schema-compiled JSON, @fastify/jwt, cors, rate-limit, helmet',
  hono: 'Hono on Node + postgres.js: its jwt, cors, secure-headers',
};

/** As little as can be: one CommonJS file, for Node takes longer to load several, or an ES module. */
const FLOORS = {
  floor: 'node:http + pg: named prepared statements and verification of the token, nothing else',
  'floor-pipelined': 'the same floor on pipelined connections',
};

const FASTAPI = 'FastAPI + SQLModel/asyncpg on uvicorn (uvloop, httptools), one worker: PyJWT, cors';

/**
 * Makes the peers that run on Node startable.
 * @param into a directory of this clone, so that their packages are found
 */
export async function prepareNodePeers(into: string): Promise<Peer[]> {
  const named = (titles: Readonly<Record<string, string>>): Peer[] =>
    Object.entries(titles).map(([name, title]) => ({ name, title, directory: path.join(into, name) }));
  const [stock, floors] = [named(STOCK), named(FLOORS)];
  await Promise.all([...stock.map(takeTypesOff), ...floors.map(bundle)]);
  return [...stock, ...floors];
}

/** A server that answers a constant: the yardstick for the load generator. */
export async function prepareStatic(into: string): Promise<Peer> {
  const peer = { name: 'static', title: 'node:http that answers a constant', directory: path.join(into, 'static') };
  await bundle(peer);
  return peer;
}

export async function prepareFastApi(into: string, python: Python): Promise<Peer> {
  const directory = path.join(into, 'fastapi');
  await writeProcfile(directory, `'${python.bin}/uvicorn' app:app --host 0.0.0.0 --port $PORT --workers 1 --no-access-log --log-level warning`);
  // Under another name: Python would take a file called fastapi for the package.
  await copyFile(path.join(SOURCES, 'fastapi.py'), path.join(directory, 'app.py'));
  return { name: 'fastapi', title: FASTAPI, directory };
}

const takeTypesOff = (peer: Peer): Promise<void> => prepareNodePeer(peer, 'server.js', { format: 'esm', packages: 'external' });

const bundle = (peer: Peer): Promise<void> => prepareNodePeer(peer, 'server.cjs', { format: 'cjs', external: ['pg-native'] });

async function prepareNodePeer({ name, directory }: Peer, file: string, options: BuildOptions): Promise<void> {
  const common: BuildOptions = { bundle: true, platform: 'node', target: 'node26', logLevel: 'warning' };
  await build({ ...common, ...options, entryPoints: [path.join(SOURCES, `${name}.ts`)], outfile: path.join(directory, file) });
  await writeProcfile(directory, `node ${file}`);
}

async function writeProcfile(directory: string, command: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'Procfile'), `web: ${command}\n`);
}
