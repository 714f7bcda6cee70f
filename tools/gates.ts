import { spawnSync } from 'node:child_process';

/** `npm test`: the gates in this order, up to the first that fails. The last line states the seconds of each. */
const GATES = ['check', 'test:unit', 'test:faults', 'test:proving', 'test:rehearsal'];

const seconds: string[] = [];
for (const gate of GATES) {
  const began = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', gate], { stdio: 'inherit' });
  seconds.push(`${gate} ${Math.round((performance.now() - began) / 1000)} s`);
  process.exitCode = status ?? 1;
  if (process.exitCode !== 0) break;
}
console.log(`\n${process.exitCode === 0 ? 'Passed' : 'Failed'}: ${seconds.join(', ')}.`);
