import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** What npm itself needs from our environment. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG'];

/**
 * Runs a script of package.json with this environment alone, so that no setting of the caller's shell slips into it.
 * @throws with what it printed when it fails
 */
export async function runNpmScript(name: string, repository: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const own = Object.fromEntries(PASSED_ON.map((variable) => [variable, process.env[variable]]));
  const child = spawn('npm', ['run', '--silent', name], {
    cwd: repository,
    env: { ...own, ...environment, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`npm run ${name} failed:\n${`${output}${errors}`.trim()}`);
}
