import { createServer } from 'node:http';
import type { Server } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { createApp } from './app.ts';
import { serveApp } from './http/unparsed-requests.ts';
import { useOfCompileCache } from './compile-cache.ts';
import { ConfigError, readConfig } from './config.ts';
import { watchConnections } from './http/connections.ts';
import { createContext } from './context.ts';
import { listenOnAll } from './http/listen.ts';

const TIMEOUTS = {
  // Railway's edge closes idle connections after 60 s. If this server closed them first, the edge would reuse a closed one.
  keepAliveTimeout: 65_000,
  // From the first byte of a request, so idle connections do not count.
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2_000,
};

/** The only module that handles signals, ports and exit codes. */
function main(): void {
  // Under load V8 may pretenure request allocations into the old generation, where they survive until the next full GC. In some starts
  // this cost 10 % more time and 50 MB.
  setFlagsFromString('--no-allocation-site-pretenuring');
  const context = createContext(readConfig(process.env));
  const { config, database, lifecycle, log } = context;
  const app = createApp(context);
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false });
  let servers: readonly Server[] = [server];
  const connections = watchConnections(server);
  serveApp(server, connections, app, log);
  context.sharedLimit?.connect();

  async function listen(): Promise<void> {
    const listening = await listenOnAll(server, config.port).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'it is taken by another process' : error.message;
      return fail(`The service cannot listen on port ${config.port}: ${reason}. Set PORT to a free one.`);
    });
    ({ servers } = listening);
    log.info({ port: config.port, address: listening.address, environment: config.environment, compile_cache: useOfCompileCache() }, 'listening');
    // Logs problems of the database at once; the service does not wait for it.
    void database.state();
    void context.keySet?.load();
  }
  void listen();

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (lifecycle.draining) {
      log.warn({ signal }, 'stopping at once');
      process.exit(1);
    }
    lifecycle.draining = true;
    log.info({ signal }, 'stopping');
    const graceMs = config.shutdownGraceSeconds * 1_000;
    const grace = setTimeout(() => {
      log.error({ grace_seconds: config.shutdownGraceSeconds }, 'requests were still running when the grace ended');
      process.exit(1);
    }, graceMs);
    await connections.close(servers, graceMs / 2);
    await context.close();
    clearTimeout(grace);
    log.info('stopped');
    process.exit(0);
  }
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Node would print the whole error, and drivers add rows and addresses to theirs.
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'crashed');
    process.exit(1);
  });
  process.removeAllListeners('warning');
  process.on('warning', (err: NodeJS.ErrnoException) => {
    // Express's parseurl calls url.parse (DEP0169). Node does not warn of such calls in packages, but does in the bundle.
    if (err.code !== 'DEP0169') log.warn({ err }, 'warning');
  });
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

try {
  main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  fail(`The service cannot start.\n${error.message}\nOn Railway set them in the service's variables. For local work run: npm run dev`);
}
