import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from '@playwright/test';

const KNOWN_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * A Chromium to audit with: the one named, Playwright's own, or one on the machine; else one is installed.
 * @param say is told in one line which it is.
 * @throws {Error} saying what to install when there is none and none can be had.
 */
export function findBrowser(named: string | undefined, say: (line: string) => void): string {
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error('AUDIT_BROWSER names a file that does not exist: give the path of a Chromium or Chrome, or leave it out.');
    return named;
  }
  const found = present();
  if (found !== undefined) {
    say(`Browser: ${found.label}.`);
    return found.file;
  }
  say("Browser: none found. Installing Playwright's Chromium.");
  run(process.execPath, [path.join(path.dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')), 'cli.js'), 'install', '--with-deps', '--only-shell', 'chromium']);
  if (present() === undefined && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say("Browser: Playwright's download is not reachable. Installing Debian's chromium package.");
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  }
  const installed = present();
  if (installed === undefined) throw new Error('No browser: install Chromium or Chrome (npx playwright install chromium, or your system\'s package), or name one in AUDIT_BROWSER.');
  say(`Browser: ${installed.label}, just installed.`);
  return installed.file;
}

function present(): { file: string; label: string } | undefined {
  const own = chromium.executablePath();
  if (existsSync(own)) return { file: own, label: "Playwright's Chromium" };
  const place = KNOWN_PLACES.find((candidate) => existsSync(candidate));
  return place === undefined ? undefined : { file: place, label: `the machine's ${path.basename(place)}` };
}

function run(command: string, args: readonly string[]): void {
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 'ignore'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 });
}
