import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Peer, prepareFastApi, prepareNodePeers, prepareStatic, service } from '../peers/peers.ts';
import { preparePython } from './python.ts';

export type Servers = {
  /** The service, and all that it is measured beside. */
  readonly all: readonly Peer[];
  /** Answers a constant. */
  readonly constant: Peer;
  /** One line for each peer that cannot run on this machine. */
  readonly leftOut: readonly string[];
  /** Of what the peers bring besides packages of npm. */
  readonly versions: Readonly<Record<string, string>>;
};

/** Makes every server startable. @param kept a directory of this clone that outlives the run */
export async function prepareServers(kept: string): Promise<Servers> {
  const into = path.join(kept, 'peers');
  await mkdir(into, { recursive: true });
  const [nodePeers, constant, python] = await Promise.all([prepareNodePeers(into), prepareStatic(into), preparePython(path.join(kept, 'venv'))]);
  const all = [service, ...nodePeers];
  if (typeof python === 'string') return { all, constant, leftOut: [`FastAPI is left out: ${python}.`], versions: {} };
  return { all: [...all, await prepareFastApi(into, python)], constant, leftOut: [], versions: python.versions };
}
