import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createLoad, type Load } from './load.ts';

/** A target whose response time and status depend on the requests in flight. It states the time, and does not take it. */
function target(msAt: (inFlight: number) => number, statusAt: (inFlight: number) => number | undefined = () => 200) {
  let inFlight = 0;
  let peak = 0;
  return {
    async respond(): Promise<{ status: number | undefined; ms: number }> {
      inFlight += 1;
      peak = Math.max(peak, inFlight);
      const response = { status: statusAt(inFlight), ms: msAt(inFlight) };
      await setImmediate();
      inFlight -= 1;
      return response;
    },
    /** The peak since the last call. */
    peak(): number {
      const seen = peak;
      peak = 0;
      return seen;
    },
  };
}

const send = (load: Load, count: number, { respond }: ReturnType<typeof target>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => load.run(respond, (result) => result)));

describe('the load', () => {
  test('rises from 8 to 16 to 32 requests in flight while the target stays as it was, and no further', async () => {
    const load = createLoad();
    const api = target(() => 2);
    await send(load, 16, api);
    assert.equal(api.peak(), 8);
    await send(load, 32, api);
    assert.equal(api.peak(), 16);
    await send(load, 300, api);
    assert.equal(api.peak(), 32);
  });

  test('rises to 64 where that is declared, the target is as fast as with 8, and no further', async () => {
    const load = createLoad(100);
    const api = target(() => 200);
    await send(load, 112, api);
    assert.equal(api.peak(), 32);
    await send(load, 300, api);
    assert.equal(api.peak(), 64);
  });

  test('is 32 where more are declared and the target is busy', async () => {
    const load = createLoad(64);
    const api = target((inFlight) => (inFlight > 20 ? 40 : 20));
    await send(load, 600, api);
    assert.equal(api.peak(), 32);
  });

  test('returns to 32 where the target is busy with 64', async () => {
    const load = createLoad(64);
    const api = target((inFlight) => (inFlight > 40 ? 40 : 20));
    await send(load, 112 + 128, api);
    assert.equal(api.peak(), 64);
    await send(load, 32, api);
    assert.equal(api.peak(), 32);
  });

  test('does not rise to 64 where fewer are declared', async () => {
    const load = createLoad(63);
    const api = target(() => 200);
    await send(load, 600, api);
    assert.equal(api.peak(), 32);
  });

  test('does not rise while requests are sent one by one', async () => {
    const load = createLoad();
    const api = target(() => 0);
    await send(load, 16, api);
    for (let sent = 0; sent < 100; sent += 1) await send(load, 1, api);
    api.peak();
    await send(load, 20, api);
    assert.equal(api.peak(), 16);
  });

  test('returns to 8 for good where the target becomes slow', async () => {
    const load = createLoad();
    const api = target((inFlight) => (inFlight > 8 ? 300 : 2));
    await send(load, 80, api);
    api.peak();
    await send(
      load,
      200,
      target(() => 0),
    );
    await send(load, 40, api);
    assert.equal(api.peak(), 8);
  });

  test('rises again where the target was slow with 8 too, once it is as fast as before', async () => {
    const load = createLoad();
    let isBusy = false;
    const api = target(() => (isBusy ? 300 : 2));
    await send(load, 16, api);
    isBusy = true;
    await send(load, 80, api);
    assert.equal(api.peak(), 16);
    await send(load, 80, api);
    assert.equal(api.peak(), 8);
    isBusy = false;
    await send(load, 200, api);
    assert.equal(api.peak(), 32);
  });

  test('returns to 8 for good where the target is slow at the third rise', async () => {
    const load = createLoad();
    let isBusy = false;
    const api = target(() => (isBusy ? 300 : 2));
    for (const expected of [16, 16, 16, 8]) {
      isBusy = false;
      await send(load, 16, api);
      isBusy = true;
      await send(load, 80, api);
      assert.equal(api.peak(), expected);
    }
  });

  for (const status of [500, 503, undefined]) {
    test(`returns to 8 for good where the target responds with ${status ?? 'nothing'}`, async () => {
      const load = createLoad();
      const api = target(
        () => 2,
        (inFlight) => (inFlight > 8 ? status : 200),
      );
      await send(load, 60, api);
      api.peak();
      await send(load, 60, api);
      assert.equal(api.peak(), 8);
    });
  }

  test('does not count how long a request took where that shows nothing', async () => {
    const load = createLoad();
    const api = target(() => 0);
    await Promise.all(Array.from({ length: 40 }, () => load.run(api.respond, ({ status }) => ({ status }))));
    assert.equal(api.peak(), 8);
  });

  test('does not hold back a declared burst, and counts it', async () => {
    const load = createLoad();
    const api = target(() => 5);
    await Promise.all(Array.from({ length: 50 }, () => load.run(api.respond, (result) => result, { burst: true })));
    assert.deepEqual([api.peak(), load.count()], [50, 50]);
  });

  test('continues after a request that could not be sent', async () => {
    const load = createLoad();
    await assert.rejects(
      load.run(
        () => Promise.reject(new Error('refused')),
        () => ({ ms: 0 }),
      ),
      /refused/,
    );
    assert.equal(
      await load.run(
        () => Promise.resolve(7),
        () => ({ status: 200, ms: 0 }),
      ),
      7,
    );
  });
});
