import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { VerdictOfTest } from './verdict-client.ts';

export type VerdictServer = { socket: string; close(): void };

/**
 * Gives Playwright's workers the verdict of each check that they request. The audit itself runs in one process, which keeps its
 * browser and its evidence when Playwright replaces a worker.
 */
export function startVerdictServer(conclude: (id: string) => Promise<VerdictOfTest>): VerdictServer {
  const name = `audit-${process.pid}-${randomBytes(6).toString('hex')}`;
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : path.join(tmpdir(), `${name}.sock`);
  const server = http.createServer((request, response) => {
    void conclude(request.url?.slice(1) ?? '').then((verdict) => response.end(JSON.stringify(verdict)));
  });
  server.listen(socket);
  // The run ends when Playwright ends, not when this server does.
  server.unref();
  return {
    socket,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
