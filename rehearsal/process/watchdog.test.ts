import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';

const owner = `
  import { spawn } from 'node:child_process'
  import { createTemporaryDirectory } from ${JSON.stringify(import.meta.resolve('./temporary-directory.ts'))}
  const { directory, watchdog } = await createTemporaryDirectory()
  const start = (output) => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: ['ignore', output, 'ignore'] }).pid
  const watched = start('inherit')
  const unwatched = start('ignore')
  watchdog.watch(watched, 'TERM')
  watchdog.watch(unwatched, 'TERM')
  watchdog.unwatch(unwatched)
  console.log(JSON.stringify({ directory, watched, unwatched }))
  setInterval(() => {}, 1000)
`;

test(
  'ends the watched processes of a killed process and removes its directory, and leaves the unwatched ones running',
  {
    timeout: 30_000,
  },
  async (context) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', owner], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface(child.stdout), 'line');
    const { directory, watched, unwatched } = JSON.parse(line) as { directory: string; watched: number; unwatched: number };
    context.after(() => process.kill(unwatched));
    process.kill(watched, 0);

    // Both write to this pipe, so its end shows that both are gone, even where orphans are not reaped.
    const bothGone = once(child.stdout, 'close');
    child.kill('SIGKILL');
    await bothGone;
    await pWaitFor(() => !existsSync(directory));
    process.kill(unwatched, 0);
  },
);
