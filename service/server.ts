import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { createApp } from './app.ts';
import { serveApp } from './http/unparsed-requests.ts';
import { useOfCompileCache } from './compile-cache.ts';
import { ConfigError, readConfig } from './config.ts';
import { watchConnections } from './http/connections.ts';
import { createContext } from './context.ts';
import { listenOnAll } from './http/listen.ts';

const TIMEOUTS = {
  // Railway's edge closes idle connections at 60 s: ours must outlive its own, or it reuses one that is gone.
  keepAliveTimeout: 65_000,
  // Of a request, from its first byte: an idle connection is not counted, so these need not outlast the edge.
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2_000,
};

/** The process: the only place that knows signals, ports and exit codes. */
function main(): void {
  // Under load V8 may take it that what a request allocates lives long, and put some of it among the old at once. All that it
  // refers to then stays until the next full collection: we saw a tenth more time and 50 MB more, in some starts.
  setFlagsFromString('--no-allocation-site-pretenuring');
  const context = createContext(readConfig(process.env));
  const { config, database, lifecycle, log } = context;
  const app = createApp(context);
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false });
  const connections = watchConnections(server);
  serveApp(server, connections, app, log);
  context.sharedLimit?.connect();

  async function listen(): Promise<void> {
    const address = await listenOnAll(server, config.port).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'it is taken by another process' : error.message;
      return fail(`The service cannot listen on port ${config.port}: ${reason}. Set PORT to a free one.`);
    });
    log.info({ port: config.port, address, environment: config.environment, compile_cache: useOfCompileCache() }, 'listening');
    // What it finds wrong is logged, and told by /health: the service does not wait for its database.
    void database.state();
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
    await connections.close(graceMs / 2);
    await context.close();
    clearTimeout(grace);
    log.info('stopped');
    process.exit(0);
  }
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Node's own words would quote the error whole: what a driver adds to one may hold rows and addresses.
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'crashed');
    process.exit(1);
  });
  process.removeAllListeners('warning');
  process.on('warning', (err) => log.warn({ err }, 'warning'));
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
