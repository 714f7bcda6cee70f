import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBounds } from './bounds.ts';
import { growth, load, measured } from './test/sample-figures.ts';

function of(figure: string, ...parts: Parameters<typeof judgeBounds>): unknown {
  const found = judgeBounds(...parts).find((bound) => bound.figure === figure);
  assert.ok(found !== undefined, `no bound is called ${figure}`);
  return [found.bound, found.measured, found.reached];
}

test('ratios are of medians, within and beyond their bound', () => {
  const faster = { load: measured(load({ service: { requests: [900, 1_300, 2_000] }, fastify: { requests: [990, 1_000, 5_000] } })) };
  assert.deepEqual(of('requests per second, list, 100 connections, over Fastify', faster), ['at least 1.3×', '1.3×', true]);
  const slower = { load: measured(load({ service: { requests: [1_299] }, fastify: { requests: [1_000] } })) };
  assert.deepEqual(of('requests per second, list, 100 connections, over Fastify', slower), ['at least 1.3×', '1.3×', false]);
});

test('processor time is compared with both Fastify and the floor', () => {
  const cpu = { load: measured(load({ service: { cpu: [84] }, fastify: { cpu: [120] }, floor: { cpu: [60] } })) };
  assert.deepEqual(of('server CPU per list request, 100 connections, over Fastify', cpu), ['at most 0.7×', '0.7×', true]);
  assert.deepEqual(of('server CPU per list request, 100 connections, over the plain floor', cpu), ['at most 1.3×', '1.4×', false]);
});

test('beside the service stands what the floor reaches', () => {
  const both = { load: measured(load({ service: { cpu: [84] }, fastify: { cpu: [120] }, floor: { cpu: [60] } })) };
  const floors = Object.fromEntries(judgeBounds(both).map(({ figure, floor }) => [figure, floor]));
  assert.equal(floors['server CPU per list request, 100 connections, over Fastify'], '0.5×');
  assert.equal(floors['peak memory, list, 100 connections'], '100 MB');
  assert.equal(floors['cold start to listening, over `node -e 0`'], undefined);
  assert.equal(floors['audit, whole catalogue, local'], undefined);
});

test('a peer that was left out leaves its bounds open', () => {
  const alone = { load: measured(load({ service: {} })) };
  assert.deepEqual(of('requests per second, list, 100 connections, over FastAPI', alone), ['at least 5×', undefined, undefined]);
});

test('growth is judged from the smallest to the largest', () => {
  const sizes = { growth: measured(growth([2, 9, 2.4], [3, 3, 6.1])) };
  assert.deepEqual(of('list latency, 1,000,000 tasks over 1,000', sizes), ['at most 1.2×', '1.2×', true]);
  assert.deepEqual(of("first page of one user's 100,000 tasks over that of 10", sizes), ['at most 2×', '2.03×', false]);
});

test('a start is compared with that of Node', () => {
  const starts = (listening: number) => [{ listening, health: 0, tasks: 0 }];
  const cold = { cold: measured({ node: [40, 10, 20], peers: [{ name: 'service', title: '', starts: starts(50) }] }) };
  assert.deepEqual(of('cold start to listening, over `node -e 0`', cold), ['at most 2.5×', '2.5×', true]);
});

test('each round trip of the audit has a bound of its own, for the median of its runs', () => {
  const run = (roundTripMs: number, duration_ms: number) => ({ roundTripMs, duration_ms, verdict: 'proven', requests: 800, areas: [] });
  const audit = { audit: measured({ runs: [run(0, 9_900), run(100, 26_000), run(0, 8_000), run(0, 12_000)] }) };
  assert.deepEqual(of('audit, whole catalogue, local', audit), ['at most 10 s', '9.9 s', true]);
  assert.deepEqual(of('audit, whole catalogue, 100 ms round trip', audit), ['at most 25 s', '26 s', false]);
  assert.deepEqual(of('audit, whole catalogue, 200 ms round trip', audit), ['at most 45 s', undefined, undefined]);
});

test('where nothing was measured nothing is reached', () => {
  assert.ok(judgeBounds({}).every(({ measured: value, reached }) => value === undefined && reached === undefined));
});
