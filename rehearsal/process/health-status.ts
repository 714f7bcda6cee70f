import { request } from 'node:http';

const TIMEOUT_MS = 5_000;

/** The status of `GET /health`, sent with the Host of Railway's deploy check; undefined when there is no response. */
export async function healthStatus(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { host: 'healthcheck.railway.app' };
    const sent = request({ host: '127.0.0.1', port, path: '/health', headers, agent: false, timeout: TIMEOUT_MS });
    sent.on('response', (response) => resolve(response.resume().statusCode));
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}
