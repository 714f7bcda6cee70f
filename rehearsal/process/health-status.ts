import { request } from 'node:http';

const TIMEOUT_MS = 5_000;

/** The status `GET /health` is answered with, asked as Railway's deploy check asks, with its Host; undefined without an answer. */
export async function healthStatus(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { host: 'healthcheck.railway.app' };
    const asking = request({ host: '127.0.0.1', port, path: '/health', headers, agent: false, timeout: TIMEOUT_MS });
    asking.on('response', (response) => resolve(response.resume().statusCode));
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}
