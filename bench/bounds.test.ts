import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBounds } from './bounds.ts';
import { growth, load, measured } from './test/sample-figures.ts';

function of(figure: string, ...parts: Parameters<typeof judgeBounds>): unknown {
  const found = judgeBounds(...parts).find((bound) => bound.figure === figure);
  assert.ok(found !== undefined, `there is no bound ${figure}`);
  return [found.bound, found.measured, found.reached];
}

test('judges ratios of medians', () => {
  const faster = { load: measured(load({ service: { requests: [900, 1_300, 2_000] }, fastify: { requests: [990, 1_000, 5_000] } })) };
  assert.deepEqual(of('requests per second, list, 100 connections, over Fastify', faster), ['at least 1.3×', '1.3×', true]);
  const slower = { load: measured(load({ service: { requests: [1_299] }, fastify: { requests: [1_000] } })) };
  assert.deepEqual(of('requests per second, list, 100 connections, over Fastify', slower), ['at least 1.3×', '1.3×', false]);
});

test('compares processor time with both Fastify and the baseline', () => {
  const cpu = { load: measured(load({ service: { cpu: [84] }, fastify: { cpu: [120] }, baseline: { cpu: [60] } })) };
  assert.deepEqual(of('server CPU per list request, 100 connections, over Fastify', cpu), ['at most 0.7×', '0.7×', true]);
  assert.deepEqual(of('server CPU per list request, 100 connections, over the baseline', cpu), ['at most 1.3×', '1.4×', false]);
});

test('shows the figures of the baseline', () => {
  const both = { load: measured(load({ service: { cpu: [84] }, fastify: { cpu: [120] }, baseline: { cpu: [60] } })) };
  const baselines = Object.fromEntries(judgeBounds(both).map(({ figure, baseline }) => [figure, baseline]));
  assert.equal(baselines['server CPU per list request, 100 connections, over Fastify'], '0.5×');
  assert.equal(baselines['peak memory, list, 100 connections'], '100 MB');
  assert.equal(baselines['cold start to listening, over `node -e 0`'], undefined);
  assert.equal(baselines['audit, all checks, local'], undefined);
});

test('has no result for a peer that was left out', () => {
  const alone = { load: measured(load({ service: {} })) };
  assert.deepEqual(of('requests per second, list, 100 connections, over FastAPI', alone), ['at least 5×', undefined, undefined]);
});

test('judges growth from the smallest to the largest size', () => {
  const sizes = { growth: measured(growth([2, 9, 2.4], [3, 3, 6.1])) };
  assert.deepEqual(of('list latency, 1,000,000 tasks over 1,000', sizes), ['at most 1.2×', '1.2×', true]);
  assert.deepEqual(of("first page of one user's 100,000 tasks over that of 10", sizes), ['at most 2×', '2.03×', false]);
});

test('compares a start with that of Node', () => {
  const starts = (listening: number) => [{ listening, health: 0, tasks: 0 }];
  const cold = { cold: measured({ node: [40, 10, 20], peers: [{ name: 'service', title: '', starts: starts(50) }] }) };
  assert.deepEqual(of('cold start to listening, over `node -e 0`', cold), ['at most 2.5×', '2.5×', true]);
});

test('judges the median duration of the audit for each round trip', () => {
  const run = (roundTripMs: number, duration_ms: number) => ({ roundTripMs, duration_ms, verdict: 'proven', requests: 800, areas: [] });
  const audit = { audit: measured({ runs: [run(0, 9_900), run(100, 26_000), run(0, 8_000), run(0, 12_000)] }) };
  assert.deepEqual(of('audit, all checks, local', audit), ['at most 10 s', '9.9 s', true]);
  assert.deepEqual(of('audit, all checks, 100 ms round trip', audit), ['at most 25 s', '26 s', false]);
  assert.deepEqual(of('audit, all checks, 200 ms round trip', audit), ['at most 45 s', undefined, undefined]);
});

test('reaches no bound without figures', () => {
  assert.ok(judgeBounds({}).every(({ measured: value, reached }) => value === undefined && reached === undefined));
});
