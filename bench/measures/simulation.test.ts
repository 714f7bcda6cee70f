import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Arrivals, simulate, type Simulated, type System } from './simulation.ts';

const REQUESTS = 30_000;
/** Only the database costs time: 10 ms on average, one after the other. */
const DATABASE_ALONE: System = {
  costs: [{ share: 1, service: 0, database: 0.01 }],
  replicas: 1,
  connections: 1_000,
  processors: 1,
  roundTrip: 0,
};

const simulated = (system: Partial<System>, arrivals: Arrivals): Simulated =>
  simulate({ ...DATABASE_ALONE, ...system }, arrivals, REQUESTS, createRandom());

function assertNear(actual: number, expected: number, share = 0.05): void {
  assert.ok(Math.abs(actual - expected) <= share * expected, `${actual}, not about ${expected}`);
}

describe('a simulation', () => {
  test('of one queue has the latencies of queueing theory', () => {
    // M/M/1: response times are exponentially distributed around 1 / (100/s - 50/s).
    const { p50, p99, busyDatabase } = simulated({}, { perSecond: 50 });
    assertNear(p50, Math.log(2) / 50);
    assertNear(p99, Math.log(100) / 50, 0.1);
    assertNear(busyDatabase, 0.5);
  });

  test('of a quarter of a processor takes four times as long for the same share of it', () => {
    assertNear(simulated({ processors: 0.25 }, { perSecond: 12.5 }).p50, (4 * Math.log(2)) / 50);
  });

  test('of a request that uses its replica before and after the query has the sum of the times', () => {
    // Two passes of 5 ms through a processor that is busy for a hundredth of the time.
    const { p50, busyReplicas } = simulated({ costs: [{ share: 1, service: 0.01, database: 0 }] }, { perSecond: 1 });
    // The median of the sum of two exponential times is 1.678 times the mean of one.
    assertNear(p50, 1.678 * 0.005);
    assertNear(busyReplicas, 0.01);
  });

  test('of waiting clients reaches what the busiest part can do', () => {
    const both = { costs: [{ share: 1, service: 0.001, database: 0.01 }] };
    assertNear(simulated(both, { clients: 100 }).rate, 100);
    assertNear(simulated({ ...both, processors: 20 }, { clients: 100 }).rate, 1_000);
    assertNear(simulated({ ...both, processors: 40, replicas: 2 }, { clients: 200 }).rate, 2_000);
  });

  test('is limited by the connections of each replica while each is lent to one request', () => {
    const distant = { processors: 1_000, costs: [{ share: 1, service: 0, database: 0 }], roundTrip: 0.1, connections: 10 };
    assertNear(simulated(distant, { clients: 100 }).rate, 100);
    const { p99OfConnection } = simulated(distant, { perSecond: 50 });
    assert.ok(p99OfConnection < 0.1 && simulated(distant, { perSecond: 95 }).p99OfConnection > 0.1);
  });

  test('mixes requests by their shares', () => {
    const mixed = {
      costs: [
        { share: 3, service: 0, database: 0.01 },
        { share: 1, service: 0, database: 0.05 },
      ],
    };
    assertNear(simulated(mixed, { clients: 10 }).rate, 1 / 0.02);
  });

  test('reaches less than arrives where that is too much', () => {
    assertNear(simulated({}, { perSecond: 200 }).rate, 100);
  });
});

/** The same numbers in each test (a linear congruential generator). */
function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
