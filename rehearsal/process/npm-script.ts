import { execa } from 'execa';

/** What npm itself needs from our environment. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG'];

/**
 * Runs a script of package.json with only these environment variables, so that no setting of the caller's shell affects it.
 * @throws with the output of the script when it fails
 */
export async function runNpmScript(name: string, repository: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const inherited = Object.fromEntries(INHERITED.map((variable) => [variable, process.env[variable]]));
  const { exitCode, all } = await execa('npm', ['run', '--silent', name], {
    cwd: repository,
    env: { ...inherited, ...environment, npm_config_update_notifier: 'false' },
    extendEnv: false,
    all: true,
    stdin: 'ignore',
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`npm run ${name} failed:\n${all}`);
}
