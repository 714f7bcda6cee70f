import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * `npm test`: the rows of gates in this order, up to the first with a failure. Gates of one row run at the same time, because each leaves a
 * processor idle; all but the first print when they end. The last line states the seconds of each.
 */
const GATES = [['check', 'test:faults'], ['test:unit'], ['test:rehearsal', 'test:proving']];

const seconds: string[] = [];

async function pass(gate: string, isQuiet: boolean): Promise<boolean> {
  const began = performance.now();
  const output = isQuiet ? 'pipe' : 'inherit';
  const child = spawn('npm', ['run', '--silent', gate], { stdio: ['inherit', output, output] });
  const outputs = [child.stdout, child.stderr].map(async (stream) => (stream === null ? '' : text(stream)));
  const [printed, [code]] = await Promise.all([Promise.all(outputs), once(child, 'exit')]);
  process.stdout.write(printed.join(''));
  seconds.push(`${gate} ${Math.round((performance.now() - began) / 1000)} s`);
  return code === 0;
}

let isPassed = true;
for (const gates of GATES) {
  isPassed = (await Promise.all(gates.map((gate, index) => pass(gate, index > 0)))).every(Boolean);
  if (!isPassed) break;
}
process.exitCode = isPassed ? 0 : 1;
console.log(`\n${isPassed ? 'Passed' : 'Failed'}: ${seconds.join(', ')}.`);
