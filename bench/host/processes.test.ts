import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuOf, memoryOf, parseMemory, parseStat, treeOf } from './processes.ts';

const LINE = '4711 (node (web) 1) S 4700 4711 4711 0 -1 4194304 5000 10 0 0 812 244 30 7 20 0 11 0 99 1000 200 18446744073709551615 1 1';

test('parses a name with spaces and parentheses', () => {
  assert.deepEqual(parseStat(LINE), { pid: 4711, parent: 4700, ticks: 1_056, waitedTicks: 37 });
});

test('rejects text that is not a line of stat', () => {
  assert.throws(() => parseStat(''), /Not a line/);
  assert.throws(() => parseStat('1 (init) S 0 1'), /Not a line/);
});

test('a tree has all descendants and no other processes', () => {
  const processes = [
    { pid: 1, parent: 0 },
    { pid: 5, parent: 1 },
    { pid: 6, parent: 5 },
    { pid: 7, parent: 6 },
    { pid: 8, parent: 1 },
  ].map((each) => ({ ...each, ticks: 1, waitedTicks: 0 }));
  assert.deepEqual(
    treeOf(5, processes).map(({ pid }) => pid),
    [5, 6, 7],
  );
});

test('returns memory in MB', () => {
  const status = 'Name:\tnode\nVmPeak:\t 900000 kB\nVmHWM:\t  100000 kB\nVmRSS:\t   50000 kB\n';
  assert.deepEqual([parseMemory(status, 'VmHWM'), parseMemory(status, 'VmRSS')], [102.4, 51.2]);
  assert.throws(() => parseMemory('Name:\tkthreadd\n', 'VmRSS'), /no VmRSS/);
});

test('measures the time and memory of a running process', { skip: process.platform !== 'linux' && 'only Linux has /proc' }, async () => {
  assert.ok((await cpuOf(process.pid)) > 0);
  assert.ok((await memoryOf(process.pid, 'VmHWM')) >= (await memoryOf(process.pid, 'VmRSS')) * 0.5);
});
