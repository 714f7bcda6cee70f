import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, firefox, webkit } from '@playwright/test';
import type { Engine } from './page.ts';

const KNOWN_PATHS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * A Chromium for the audit: the configured one, Playwright's own, or one on the machine. Installs one where there is none. Prefers the
 * headless shell, as Playwright does: the same engine and network stack, which starts faster.
 * @param log gets one line that names it
 * @throws {Error} that states what to install, where none can be installed
 */
export function findBrowser(named: string | undefined, log: (line: string) => void): string {
  if (named !== undefined) {
    if (!starts(named)) throw new Error('AUDIT_BROWSER does not start. Give the path of a Chromium or Chrome, or leave it empty.');
    return named;
  }
  const found = findInstalled() ?? install(log);
  log(`Browser: ${found.label}.`);
  return found.file;
}

/** A second engine; with a channel where it is a stock browser, which WebDriver BiDi controls. */
export type InstalledBrowser = { engine: Exclude<Engine, 'chromium'>; executablePath: string; channel?: string };

/**
 * Playwright's own Firefox or WebKit, or the configured stock Firefox. Undefined where there is none: the audit does not install them.
 * @throws {Error} when the configured one does not start
 */
export function findOtherBrowser(engine: InstalledBrowser['engine'], named: string | undefined): InstalledBrowser | undefined {
  if (named !== undefined) {
    if (!starts(named)) throw new Error('AUDIT_FIREFOX does not start. Give the path of a Firefox that this Playwright supports, or leave it empty.');
    return { engine, executablePath: named, channel: 'moz-firefox' };
  }
  const executablePath = { firefox, webkit }[engine].executablePath();
  return existsSync(executablePath) ? { engine, executablePath } : undefined;
}

type Found = { file: string; label: string };

function findInstalled(): Found | undefined {
  const own = ownBrowsers().find(starts);
  if (own !== undefined) return { file: own, label: `Playwright's ${path.basename(own)}` };
  const file = KNOWN_PATHS.find(starts);
  return file === undefined ? undefined : { file, label: `the machine's ${path.basename(file)}` };
}

/** Where Playwright keeps its headless shell and its Chromium. It states the path of the second only. */
function ownBrowsers(): string[] {
  const full = chromium.executablePath();
  const [, cache = '', revision] = /^(.*)[\\/]chromium-(\d+)[\\/]/.exec(full) ?? [];
  const shells = globSync(`chromium_headless_shell-${revision}/*/chrome-headless-shell{,.exe}`, { cwd: cache });
  return [...shells.map((file) => path.join(cache, file)), full];
}

function install(log: (line: string) => void): Found {
  const canInstallPackages = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  log("Browser: none found; downloading Playwright's headless Chromium.");
  playwright('install', '--only-shell', 'chromium');
  if (canInstallPackages && ownBrowsers().some(existsSync) && findInstalled() === undefined) {
    log('Browser: installing the system libraries it needs.');
    playwright('install-deps', 'chromium');
  }
  if (canInstallPackages && findInstalled() === undefined) {
    log("Browser: the download failed; installing Debian's chromium-headless-shell or chromium package.");
    run('apt-get', ['update', '-qq']);
    for (const name of ['chromium-headless-shell', 'chromium'])
      if (findInstalled() === undefined) run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name]);
  }
  const installed = findInstalled();
  if (installed === undefined) {
    throw new Error(
      "No browser found. Install Chromium or Chrome (npx playwright install chromium, or the system's package), or set AUDIT_BROWSER to its path.",
    );
  }
  return installed;
}

/** A file may exist without running: Ubuntu's chromium-browser only refers to a snap, and libraries may be missing. */
function starts(file: string): boolean {
  return existsSync(file) && spawnSync(file, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

function playwright(...args: readonly string[]): void {
  run(process.execPath, [createRequire(import.meta.url).resolve('@playwright/test/cli'), ...args]);
}

function run(command: string, args: readonly string[]): void {
  spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 });
}
