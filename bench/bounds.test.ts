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
  assert.deepEqual(of('requests per second, list, over Fastify', faster), ['at least 1.3×', '1.3×', true]);
  const slower = { load: measured(load({ service: { requests: [1_299] }, fastify: { requests: [1_000] } })) };
  assert.deepEqual(of('requests per second, list, over Fastify', slower), ['at least 1.3×', '1.3×', false]);
});

test('compares processor time with both Fastify and the baseline', () => {
  const figures = { service: { cpu: [84] }, fastify: { cpu: [120] }, baseline: { cpu: [60] }, 'baseline-checked': { cpu: [70] } };
  const cpu = { load: measured(load(figures)) };
  assert.deepEqual(of('CPU per list request, over Fastify', cpu), ['at most 0.7×', '0.7×', true]);
  assert.deepEqual(of('CPU per list request, over the baseline', cpu), ['at most 1.3×', '1.4×', false]);
  const checked = judgeBounds(cpu).flatMap(({ figure, againstChecked }) => (againstChecked === undefined ? [] : [[figure, againstChecked]]));
  assert.deepEqual(checked[0], ['CPU per list request, over the baseline', '1.2×']);
});

test('shows the figures of the baseline and of the packages alone', () => {
  const figures = { service: { cpu: [84] }, fastify: { cpu: [120] }, baseline: { cpu: [60] }, 'express-minimum': { cpu: [72] } };
  const bounds = judgeBounds({ load: measured(load(figures)) });
  const baselines = Object.fromEntries(bounds.map(({ figure, baseline }) => [figure, baseline]));
  assert.equal(bounds.find(({ figure }) => figure === 'CPU per list request, over Fastify')?.minimum, '0.6×');
  assert.equal(baselines['CPU per list request, over Fastify'], '0.5×');
  assert.equal(baselines['peak memory, list'], '100 MB');
  assert.equal(baselines['cold start to listening, over `node -e 0`'], undefined);
  assert.equal(baselines['audit, all checks, local'], undefined);
});

test('has no result for a peer that was left out', () => {
  const alone = { load: measured(load({ service: {} })) };
  assert.deepEqual(of('requests per second, list, over FastAPI', alone), ['at least 5×', undefined, undefined]);
});

test('judges growth from the smallest to the largest size', () => {
  const sizes = { growth: measured(growth([2, 9, 2.4], [3, 3, 6.1])) };
  assert.deepEqual(of('list, 1,000,000 tasks of all over 1,000', sizes), ['at most 1.2×', '1.2×', true]);
  assert.deepEqual(of("list, a user's 100,000 tasks over 10", sizes), ['at most 2×', '2.03×', false]);
  assert.deepEqual(of("search for a rare word, a user's 100,000 tasks over 10", sizes), ['at most 5×', '2.03×', true]);
});

test('compares a start with that of Node, and with that of peers', () => {
  const starts = (listening: number) => [{ listening, health: 0, tasks: 0 }];
  const cold = {
    cold: measured({
      node: [40, 10, 20],
      peers: [
        { name: 'service', title: '', starts: starts(50) },
        { name: 'baseline', title: '', starts: starts(20) },
      ],
    }),
  };
  assert.deepEqual(of('cold start to listening, over `node -e 0`', cold), ['at most 2.5×', '2.5×', true]);
  assert.deepEqual(of('cold start to listening, over the baseline', cold), ['at most 2×', '2.5×', false]);
  assert.deepEqual(of('cold start to listening, over Hono', cold), ['at most 0.8×', undefined, undefined]);
});

test('judges the median duration of the audit for each round trip', () => {
  const run = (roundTripMs: number, duration_ms: number) => ({ roundTripMs, duration_ms, verdict: 'proven', requests: 800, areas: [] });
  const audit = { audit: measured({ runs: [run(0, 7_900), run(100, 26_000), run(0, 6_000), run(0, 12_000)] }) };
  assert.deepEqual(of('audit, all checks, local', audit), ['at most 8 s', '7.9 s', true]);
  assert.deepEqual(of('audit, all checks, 100 ms round trip', audit), ['at most 18 s', '26 s', false]);
  assert.deepEqual(of('audit, all checks, 200 ms round trip', audit), ['at most 30 s', undefined, undefined]);
});

test('reaches no bound without figures', () => {
  assert.ok(judgeBounds({}).every(({ measured: value, reached }) => value === undefined && reached === undefined));
});
