import { once } from 'node:events';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { ORIGIN } from './bench-environment.ts';

export type TimedGet = {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly agent: Agent;
};

/**
 * Sends a GET request to a server on this machine, from the app's origin.
 * @returns milliseconds until the last byte
 * @throws when the status is not 200
 */
export async function timeGet({ port, path, token, agent }: TimedGet): Promise<number> {
  const began = performance.now();
  const sent = request({ host: '127.0.0.1', port, path, agent, headers: { origin: ORIGIN, authorization: `Bearer ${token}` } });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`GET ${path}: status ${response.statusCode}`);
  return performance.now() - began;
}
