import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReport, renderScript } from './wrk.ts';

const OUTPUT = `Running 1s test @ http://127.0.0.1:9999
  1 threads and 1 connections
Requests/sec:   5000.00
{"requests":5000,"microseconds":1000000,"p50":190,"p99":420,"p999":1234,"errors":2,"refused":3}
`;

test('finds the report below the output for people, in ms', () => {
  assert.deepEqual(parseReport(OUTPUT), { requests: 5_000, seconds: 1, p50: 0.19, p99: 0.42, p999: 1.234, errors: 2, refused: 3 });
});

test('has no latency without responses', () => {
  const nothing = '{"requests":0,"microseconds":500000,"p50":0,"p99":0,"p999":0,"errors":9,"refused":0}';
  assert.deepEqual(parseReport(nothing), { requests: 0, seconds: 0.5, p50: null, p99: null, p999: null, errors: 9, refused: 0 });
});

test('a missing report is an error with the output', () => {
  assert.throws(() => parseReport('unable to connect to 127.0.0.1:9999 Connection refused'), /printed no report:\nunable to connect/);
});

test('a script contains each request as it is sent, with the length of its body', () => {
  const script = renderScript([
    { method: 'GET', path: '/a', headers: { Origin: 'https://app' } },
    { method: 'PUT', path: '/b', headers: {}, body: '{"title":"x"}' },
  ]);
  assert.ok(script.includes(String.raw`  "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://app\r\n\r\n",`));
  assert.ok(script.includes(String.raw`Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"title\":\"x\"}",`));
});
