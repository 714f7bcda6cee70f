import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, firefox, webkit } from '@playwright/test';
import type { Engine } from './page.ts';

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
    if (!starts(named)) throw new Error('AUDIT_BROWSER does not start: give the path of a Chromium or Chrome, or leave it out.');
    return named;
  }
  const found = present() ?? install(say);
  say(`Browser: ${found.label}.`);
  return found.file;
}

/** A second engine to ask; a channel where it is a stock browser, driven by WebDriver BiDi. */
export type InstalledBrowser = { engine: Exclude<Engine, 'chromium'>; executablePath: string; channel?: string };

/**
 * Playwright's own Firefox or WebKit, or the stock Firefox that is named. Undefined when there is none: these are never
 * installed by the audit.
 * @throws {Error} when the one named does not start.
 */
export function findOtherBrowser(engine: InstalledBrowser['engine'], named: string | undefined): InstalledBrowser | undefined {
  if (named !== undefined) {
    if (!starts(named)) throw new Error('AUDIT_FIREFOX does not start: give the path of a Firefox as new as Playwright knows, or leave it out.');
    return { engine, executablePath: named, channel: 'moz-firefox' };
  }
  const executablePath = { firefox, webkit }[engine].executablePath();
  return existsSync(executablePath) ? { engine, executablePath } : undefined;
}

type Found = { file: string; label: string };

function present(): Found | undefined {
  const own = chromium.executablePath();
  if (starts(own)) return { file: own, label: "Playwright's Chromium" };
  const place = KNOWN_PLACES.find(starts);
  return place === undefined ? undefined : { file: place, label: `the machine's ${path.basename(place)}` };
}

function install(say: (line: string) => void): Found {
  const canInstallPackages = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  say("Browser: none found; downloading Playwright's Chromium.");
  playwright('install', '--no-shell', 'chromium');
  if (canInstallPackages && existsSync(chromium.executablePath()) && present() === undefined) {
    say('Browser: installing the system libraries it needs.');
    playwright('install-deps', 'chromium');
  }
  if (canInstallPackages && present() === undefined) {
    say("Browser: the download failed; installing Debian's chromium package.");
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  }
  const installed = present();
  if (installed === undefined) {
    throw new Error(
      "No browser: install Chromium or Chrome (npx playwright install chromium, or the system's package), or name one in AUDIT_BROWSER.",
    );
  }
  return installed;
}

/** A file may be there and yet not run: Ubuntu's chromium-browser is a note that a snap is wanted, and libraries may be missing. */
function starts(file: string): boolean {
  return existsSync(file) && spawnSync(file, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

function playwright(...args: readonly string[]): void {
  run(process.execPath, [createRequire(import.meta.url).resolve('@playwright/test/cli'), ...args]);
}

function run(command: string, args: readonly string[]): void {
  spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 });
}
