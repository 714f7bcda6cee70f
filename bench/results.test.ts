import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, formatSpread } from './measures/figures.ts';
import { renderPart, renderResults } from './results.ts';
import { growth, load, measured } from './test/sample-figures.ts';

const ALL = {
  load: measured(load({ service: { requests: [900, 1_300, 2_000] }, fastify: {} })),
  growth: measured(growth([1, 2, 3], [4, 5, 6])),
  cold: measured({ node: [20], peers: [{ name: 'service', title: 'ours', starts: [{ listening: 45, health: 60, tasks: 70 }] }] }),
  audit: measured({
    runs: [{ roundTripMs: 0, verdict: 'proven', duration_ms: 8_000, requests: 790, areas: [{ area: 'tokens', requests: 96, ms: 372 }] }],
  }),
  soak: measured({
    rate: { minutes: 1, perSecond: 200 },
    atStart: 80,
    peakMb: 99,
    minutes: [{ residentMb: 90, requests: 12_000, failed: 0, p50: 1, p99: 4 }],
  }),
};

test('figures have three significant digits, and a spread only where rounds differ', () => {
  assert.deepEqual([12_345, 0.012_345, 7].map(format), ['12,300', '0.0123', '7']);
  assert.equal(formatSpread([3, 1, null, 2]), '2 (1–3)');
  assert.equal(formatSpread([5, 5]), '5');
  assert.equal(formatSpread([null]), '–');
});

test('the results have every bound and every part once', () => {
  const text = renderResults(ALL);
  assert.deepEqual(
    text.split('\n').filter((line) => line.startsWith('## ')),
    ['## Bounds', '## Circumstances', '## Load', '## Growth', '## Cold start', '## The audit', '## Soak'],
  );
  assert.match(text, /\| cold start to listening, over `node -e 0` +\| +at most 2\.5× \| +2\.25× \|(?: +\|){3} yes +\|/);
  assert.match(text, /\| requests per second, list, over FastAPI +\| +at least 5× \| not measured \|(?: +\|){3} – +\|/);
  assert.match(text, /\| service \| +1,300 \(900–2,000\) \|/);
  assert.match(text, /\| tokens +\| +96 \| +0\.372 \|/);
  assert.match(text, /2 × Processor, 8 GiB of memory, System \(1\.0, x64\)\. node 26\.10\.0, postgresql 18\.4\./);
});

test('a single part has its circumstances and the servers that were left out', () => {
  const text = renderPart('cold', { ...ALL.cold, leftOut: ['FastAPI is left out: python3 is not installed.'] });
  assert.match(text, /^## Cold start\n\nFastAPI is left out: python3 is not installed\.\n\nTime from the command/);
  assert.match(text, /\| cold \| 2026-03-01 10:20 \| 0123456789ab \| +0\.25 \|/);
});
