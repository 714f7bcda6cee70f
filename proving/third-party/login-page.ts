import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ForeignApi } from './third-party-api.ts';
import { snippetsContract } from './snippets-contract.ts';

const PAGE = '<!doctype html><title>Sign in</title><form method="post"><input name="password" type="password"></form>';

/** What is in front of a protected deployment: a page for every request, with the contract of the API behind it. */
export function createLoginPage(): ForeignApi {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE));
  return {
    contract: snippetsContract(false),
    listen: async () => {
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    },
    count: () => ({ created: 0, stored: 0 }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
