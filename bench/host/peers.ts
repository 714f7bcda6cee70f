import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { preparePython, type Python } from './python.ts';

const SOURCES = path.join(import.meta.dirname, '..', 'peers');

/** A server that is started like the service: by the Procfile in its directory. */
export type Peer = {
  readonly name: string;
  /** Its components. */
  readonly title: string;
  readonly directory: string;
};

/** The service itself, already built. */
export const service: Peer = { name: 'service', title: 'this service, all protections on', directory: repository };

/** Started in the usual way: packages stay in node_modules. */
const FRAMEWORKS = {
  express: 'Express + Kysely as their manuals show: helmet, cors, express-rate-limit in memory, jsonwebtoken, zod',
  fastify: 'Fastify + pg: schema-compiled JSON, @fastify/jwt, cors, rate-limit, helmet',
  hono: 'Hono on Node + postgres.js: its jwt, cors, secure-headers',
};

/** In one CommonJS file, like the service: Node loads it faster than several files or an ES module. */
const BUNDLED = {
  'express-minimum': "the service's packages and none of its code: Express, cors, express-rate-limit, zod, Kysely, pg and pino",
  baseline: 'node:http + pg: named prepared statements and verification of the token, nothing else',
  'baseline-checked': 'the same baseline with validation of bodies, ids and pages by hand',
  'baseline-pipelined': 'the same baseline on pipelined connections',
};

const FASTAPI = 'FastAPI + SQLModel/asyncpg on uvicorn (uvloop, httptools), one worker: PyJWT, cors';

export type BenchServers = {
  /** The service and its peers. */
  readonly all: readonly Peer[];
  /** Responds with a constant. */
  readonly constant: Peer;
  /** One line for each peer that cannot run on this machine. */
  readonly leftOut: readonly string[];
  /** Of the peers' parts that are not npm packages. */
  readonly versions: Readonly<Record<string, string>>;
};

/** @param cache a directory of this clone that outlives the run */
export async function prepareServers(cache: string): Promise<BenchServers> {
  const into = path.join(cache, 'peers');
  const [nodePeers, constant, python] = await Promise.all([prepareNodePeers(into), prepareConstant(into), preparePython(path.join(cache, 'venv'))]);
  const all = [service, ...nodePeers];
  if (typeof python === 'string') return { all, constant, leftOut: [`FastAPI is left out: ${python}.`], versions: {} };
  return { all: [...all, await prepareFastApi(into, python)], constant, leftOut: [], versions: python.versions };
}

/**
 * Builds the peers that run on Node.
 * @param into a directory of this clone, so that their packages are found
 */
async function prepareNodePeers(into: string): Promise<Peer[]> {
  const named = (titles: Readonly<Record<string, string>>): Peer[] =>
    Object.entries(titles).map(([name, title]) => ({ name, title, directory: path.join(into, name) }));
  const [frameworks, bundled] = [named(FRAMEWORKS), named(BUNDLED)];
  await Promise.all([...frameworks.map(stripTypes), ...bundled.map(bundle)]);
  return [...frameworks, ...bundled];
}

/** A server with a constant response, which gives the limit of the load generator. */
async function prepareConstant(into: string): Promise<Peer> {
  const peer = { name: 'constant', title: 'node:http with a constant response', directory: path.join(into, 'constant') };
  await bundle(peer);
  return peer;
}

async function prepareFastApi(into: string, python: Python): Promise<Peer> {
  const directory = path.join(into, 'fastapi');
  await writeProcfile(directory, `'${python.bin}/uvicorn' app:app --host 0.0.0.0 --port $PORT --workers 1 --no-access-log --log-level warning`);
  // Renamed: Python would import a file called fastapi instead of the package.
  await copyFile(path.join(SOURCES, 'fastapi.py'), path.join(directory, 'app.py'));
  return { name: 'fastapi', title: FASTAPI, directory };
}

const stripTypes = (peer: Peer): Promise<void> => prepareNodePeer(peer, 'server.js', { format: 'esm', packages: 'external' });

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
