import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hasEnded } from './end-process.ts';

/**
 * Ends the processes that this process has started if it dies before it ends them (SIGKILL, a crash, a canceled job): a shell in
 * its own session reads a pipe that only this process holds open, and acts when the pipe closes.
 */
export type Watchdog = {
  /** Once this process is gone, the watchdog sends `signal`, then SIGKILL after 20 s. It ends the process added last first. */
  watch(pid: number, signal: 'INT' | 'TERM'): void;
  /** For a process that has ended: the system may reuse its id. */
  unwatch(pid: number): void;
  /** Ends the watchdog and nothing else. */
  close(): Promise<void>;
};

// 200 rounds of 0.1 s are the 20 s of grace of a normal stop. A zombie (state Z on Linux) counts as dead: a container without an
// init never reaps it.
const SCRIPT = `
is_alive() {
  kill -0 "$1" || return 1
  [ -r "/proc/$1/stat" ] || return 0
  case $(cat "/proc/$1/stat") in *') Z '*) return 1 ;; esac
}
watched=
while read -r word pid signal; do
  case $word in
    watch) watched="$pid:$signal $watched" ;;
    unwatch) rest=; for entry in $watched; do [ "\${entry%%:*}" = "$pid" ] || rest="$rest$entry "; done; watched=$rest ;;
    done) exit 0 ;;
  esac
done
for entry in $watched; do
  pid=\${entry%%:*}
  kill -s "\${entry##*:}" "$pid" || continue
  round=0
  while is_alive "$pid" && [ $round -lt 200 ]; do sleep 0.1; round=$((round + 1)); done
  kill -s KILL "$pid"
done
[ -z "$1" ] || rm -rf -- "$1"
`;

/** @param directory removed with its contents once this process is gone; empty for none */
export function startWatchdog(directory = ''): Watchdog {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'watchdog', directory], {
    cwd: '/',
    detached: true,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A watchdog that was killed must not take this process down.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  return {
    watch: (pid, signal) => void child.stdin.write(`watch ${pid} ${signal}\n`),
    unwatch: (pid) => void child.stdin.write(`unwatch ${pid}\n`),
    close: async () => {
      if (hasEnded(child)) return;
      const exited = once(child, 'exit');
      child.ref();
      child.stdin.end('done\n');
      await exited;
    },
  };
}
