import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Ends what this process has started if it dies without ending it itself (SIGKILL, a crash, a cancelled job): a child in a
 * session of its own reads a pipe whose other end only this process holds, and acts when that end closes.
 */
export type Leash = {
  /** From now on `signal`, and SIGKILL after a grace, meets this process should we be gone. Later holds are ended first. */
  hold(pid: number, signal: 'INT' | 'TERM'): void;
  /** The process has ended: its number may be given to a stranger. */
  release(pid: number): void;
  /** Ends the watch without touching anything. */
  close(): Promise<void>;
};

// 200 rounds of 0.1 s: the same 20 s of grace as an orderly stop gives.
// An orphan that nobody reaps (a container without an init) is dead all the same: Linux shows it in state Z.
const WATCHER = `
is_alive() {
  kill -0 "$1" || return 1
  [ -r "/proc/$1/stat" ] || return 0
  case $(cat "/proc/$1/stat") in *') Z '*) return 1 ;; esac
}
held=
while read -r word first second; do
  case $word in
    hold) held="$first:$second $held" ;;
    release) kept=; for entry in $held; do [ "\${entry%%:*}" = "$first" ] || kept="$kept$entry "; done; held=$kept ;;
    done) exit 0 ;;
  esac
done
for entry in $held; do
  pid=\${entry%%:*}
  kill -s "\${entry##*:}" "$pid" || continue
  round=0
  while is_alive "$pid" && [ $round -lt 200 ]; do sleep 0.1; round=$((round + 1)); done
  kill -s KILL "$pid"
done
[ -z "$1" ] || rm -rf -- "$1"
`;

/** @param directory removed, with all it holds, should this process be gone; nothing is removed when it is absent */
export function openLeash(directory = ''): Leash {
  const child = spawn('/bin/sh', ['-c', WATCHER, 'leash', directory], {
    cwd: '/',
    detached: true,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A watcher that somebody killed must not take the stack down.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  return {
    hold: (pid, signal) => void child.stdin.write(`hold ${pid} ${signal}\n`),
    release: (pid) => void child.stdin.write(`release ${pid}\n`),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const exited = once(child, 'exit');
      child.ref();
      child.stdin.end('done\n');
      await exited;
    },
  };
}
