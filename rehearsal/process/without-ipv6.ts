import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { findProgram } from './find-program.ts';

const SCRIPT = path.join(import.meta.dirname, 'without-ipv6.py');

/** A prefix that runs a command as on a host without IPv6, or the reason why this machine cannot do that. */
export function withoutIpv6(): { readonly command: readonly string[] } | { readonly obstacle: string } {
  if (process.platform !== 'linux') return { obstacle: 'only Linux can deny IPv6 to one process' };
  const python = findProgram('python3');
  if (python === undefined) return { obstacle: 'python3 is not installed' };
  // A version manager's python3 is a shell script that needs more environment variables than the command gets.
  const executable = spawnSync(python, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim();
  const command = [executable, SCRIPT];
  const trial = spawnSync(executable, [SCRIPT, 'true'], { encoding: 'utf8' });
  return trial.status === 0 ? { command } : { obstacle: `this machine allows no seccomp filter: ${trial.stderr.trim()}` };
}
