import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Peer, prepareConstant, prepareFastApi, prepareNodePeers, service } from './peers.ts';
import { preparePython } from './python.ts';

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
  await mkdir(into, { recursive: true });
  const [nodePeers, constant, python] = await Promise.all([prepareNodePeers(into), prepareConstant(into), preparePython(path.join(cache, 'venv'))]);
  const all = [service, ...nodePeers];
  if (typeof python === 'string') return { all, constant, leftOut: [`FastAPI is left out: ${python}.`], versions: {} };
  return { all: [...all, await prepareFastApi(into, python)], constant, leftOut: [], versions: python.versions };
}
