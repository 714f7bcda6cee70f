import { createServer, type ServerResponse } from 'node:http';
import { createApp } from './app.ts';
import { ConfigError, readConfig } from './config.ts';
import { createContext } from './context.ts';

// Railway's edge closes idle connections at 60 s: ours must outlive its own, or it reuses one that is gone.
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 66_000;
const REQUEST_MS = 70_000;
const CLOSE_IDLE_EVERY_MS = 50;

/** The process: the only place that knows signals, ports and exit codes. */
function main(): void {
  const context = createContext(readConfig(process.env));
  const { config, database, lifecycle, log } = context;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }, createApp(context));

  const inFlight = new Set<ServerResponse>();
  server.on('request', (_req, res) => {
    inFlight.add(res);
    res.once('close', () => inFlight.delete(res));
  });
  server.once('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'it is taken by another process' : error.message;
    fail(`The service cannot listen on port ${config.port}: ${reason}. Set PORT to a free one.`);
  });
  server.listen(config.port, '0.0.0.0', () => log.info({ port: config.port, environment: config.environment }, 'listening'));

  function stop(signal: NodeJS.Signals): void {
    if (lifecycle.draining) {
      log.warn({ signal }, 'stopping at once');
      process.exit(1);
    }
    lifecycle.draining = true;
    log.info({ signal }, 'stopping');
    // Those that have not begun their answer; the drain middleware sees to those still to come.
    for (const res of inFlight) if (!res.headersSent) res.setHeader('Connection', 'close');
    const grace = setTimeout(() => {
      log.error({ grace_seconds: config.shutdownGraceSeconds }, 'requests were still running when the grace ended');
      process.exit(1);
    }, config.shutdownGraceSeconds * 1_000);
    // A connection that answers its last request becomes idle after close() has looked, so it is looked for again.
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    server.close(async () => {
      clearInterval(idle);
      await database.close();
      clearTimeout(grace);
      log.info('stopped');
      process.exit(0);
    });
  }
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
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
