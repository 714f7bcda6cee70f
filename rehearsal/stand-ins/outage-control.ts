import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** What can be taken away and brought back. Both calls do nothing in the state they lead to. */
export type Interruptible = {
  stop(): Promise<void>;
  start(): Promise<void>;
};

export type OutageControl = {
  /** `POST <url>/stop` and `POST <url>/start` answer 204 once it is done. The path is unguessable: whoever knows it may act. */
  readonly url: string;
  /** Refuses further orders and waits for the one under way. */
  close(): Promise<void>;
};

/** Serves the orders on 127.0.0.1, one after the other; anything else is a 404. */
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
      (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the outage control has no TCP address');

  return {
    url: `http://127.0.0.1:${address.port}/${token}`,
    close: async () => {
      server.close();
      await last;
      server.closeAllConnections();
    },
  };
}
