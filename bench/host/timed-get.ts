import { once } from 'node:events';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { ORIGIN } from './bench-environment.ts';

export type Asked = {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly agent: Agent;
};

/**
 * Asks a server of this machine, from the app's origin.
 * @returns milliseconds until the last byte
 * @throws when the answer is not 200
 */
export async function ask({ port, path, token, agent }: Asked): Promise<number> {
  const begun = performance.now();
  const asking = request({ host: '127.0.0.1', port, path, agent, headers: { origin: ORIGIN, authorization: `Bearer ${token}` } });
  asking.end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`GET ${path} was answered with ${response.statusCode}`);
  return performance.now() - begun;
}
