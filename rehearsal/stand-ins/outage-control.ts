import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { listenOnFreePort } from '../process/listen-on-free-port.ts';
import { messageOf } from '../process/progress.ts';

/** Something that can be stopped and started. Both calls are idempotent. */
export type Interruptible = {
  stop(): Promise<void>;
  start(): Promise<void>;
};

export type OutageControl = {
  /** `POST <url>/stop` and `POST <url>/start` return 204 once done. The path is unguessable and needs no further credentials. */
  readonly url: string;
  /** Accepts no further orders and waits for the current one. */
  close(): Promise<void>;
};

/** Serves the orders on 127.0.0.1, one after the other, and returns 404 for any other request. */
export async function startOutageControl(database: Interruptible): Promise<OutageControl> {
  const token = randomBytes(24).toString('base64url');
  const orders = new Map([
    [`/${token}/stop`, () => database.stop()],
    [`/${token}/start`, () => database.start()],
  ]);
  let last: Promise<unknown> = Promise.resolve();

  const server = createServer((request, response) => {
    const order = request.method === 'POST' ? orders.get(request.url ?? '') : undefined;
    request.resume();
    if (order === undefined) {
      response.writeHead(404).end();
      return;
    }
    const done = last.then(order);
    last = done.catch(() => undefined);
    done.then(
      () => response.writeHead(204).end(),
      (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(messageOf(error)),
    );
  });
  const port = await listenOnFreePort(server);

  return {
    url: `http://127.0.0.1:${port}/${token}`,
    close: async () => {
      server.close();
      await last;
      server.closeAllConnections();
    },
  };
}
