import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const holder = `
  import { spawn } from 'node:child_process'
  import { createThrowAway } from ${JSON.stringify(import.meta.resolve('./temporary-directory.ts'))}
  const place = await createThrowAway()
  const start = (output) => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: ['ignore', output, 'ignore'] }).pid
  const held = start('inherit')
  const released = start('ignore')
  place.leash.hold(held, 'TERM')
  place.leash.hold(released, 'TERM')
  place.leash.release(released)
  console.log(JSON.stringify({ directory: place.directory, held, released }))
  setInterval(() => {}, 1000)
`;

test('what a killed process held is ended and its directory removed; what it released is left alone', { timeout: 30_000 }, async (context) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { directory, held, released } = JSON.parse(line) as { directory: string; held: number; released: number };
  context.after(() => process.kill(released));
  process.kill(held, 0);

  // Both write to this pipe, so its end shows that both are gone, even where nobody reaps orphans.
  const bothGone = once(child.stdout, 'close');
  child.kill('SIGKILL');
  await bothGone;
  while (await exists(directory)) await sleep(50);
  process.kill(released, 0);
});

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
