import http from 'node:http';
import https from 'node:https';

/**
 * The body of a 200 response. Redirects are not followed. `fetch` is not used because loading it takes about 36 ms of CPU.
 * @throws with the reason, which quotes nothing of the response
 */
export function fetchText(url: string, { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number }): Promise<string> {
  const { request, Agent } = url.startsWith('https:') ? https : http;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const agent = new Agent({ keepAlive: false });
  const outgoing = request(url, { agent, headers: { accept: 'application/json' }, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
    if (response.statusCode !== 200) {
      reject(new Error(`it returned ${response.statusCode} instead of 200`));
      outgoing.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes) outgoing.destroy(new Error(`the response is longer than ${maxBytes} bytes`));
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    response.on('error', reject);
  });
  outgoing.on('error', (error) => reject(error.name === 'AbortError' ? new Error(`no complete response within ${timeoutMs} ms`) : error));
  outgoing.end();
  return promise;
}
