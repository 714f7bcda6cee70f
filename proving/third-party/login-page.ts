import { createServer } from 'node:http';
import { listenOnFreePort } from '../../rehearsal/process/listen-on-free-port.ts';
import { snippetsContract } from './snippets-contract.ts';
import type { ThirdPartyApi } from './third-party-api.ts';

const PAGE = '<!doctype html><title>Sign in</title><form method="post"><input name="password" type="password"></form>';

/** A protected deployment: a sign-in page for every request, with the contract of the protected API. */
export function createLoginPage(): ThirdPartyApi {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE));
  return {
    contract: snippetsContract(false),
    listen: () => listenOnFreePort(server),
    count: () => ({ created: 0, stored: 0 }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
