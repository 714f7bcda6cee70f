import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBurst, LONGEST_WAIT_MS } from './burst.ts';

describe('a burst', () => {
  test('begins when all have joined', async () => {
    const burst = createBurst(3);
    let begun = 0;
    const join = (): Promise<void> => burst.join().then(() => void (begun += 1));
    const two = [join(), join()];
    await new Promise(setImmediate);
    assert.equal(begun, 0);
    await Promise.all([...two, join()]);
    assert.equal(begun, 3);
  });

  test('does not wait for long for those that have no connection', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const burst = createBurst(3);
    const joined = Promise.all([burst.join(), burst.join()]);
    mock.timers.tick(LONGEST_WAIT_MS);
    await joined;
  });
});
