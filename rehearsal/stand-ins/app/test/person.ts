import assert from 'node:assert/strict';
import { expect as baseExpect, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { createSecret } from '../../../process/credentials.ts';
import type { App } from '../app.ts';
import type { Environment } from './environment.ts';

/** Waits long, for busy machines. */
export const expect = baseExpect.configure({ timeout: 20_000 });

/** What the page received and reported. */
export type Observed = {
  /** Method, path and status of each response, such as `GET /api/v1/tasks 200`. */
  readonly responses: string[];
  /** Uncaught errors, and what the page's own policy blocked. */
  readonly errors: string[];
};

/** A person with a browser: finds everything by its role and name. */
export type Person = {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly email: string;
  readonly password: string;
  readonly observed: Observed;
};

let people = 0;

/** Opens the app in a browser without cookies. */
export async function openApp({ browser, app }: { browser: Browser; app: Pick<App, 'url'> }): Promise<Person> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const observed: Observed = { responses: [], errors: [] };
  page.on('response', (response) => {
    observed.responses.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`);
  });
  page.on('pageerror', ({ message }) => void observed.errors.push(message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) observed.errors.push(message.text());
  });
  await page.goto(app.url);
  return { page, context, email: `person-${(people += 1)}@example.com`, password: createSecret(), observed };
}

export async function signUp({ page, email, password }: Person): Promise<void> {
  await page.getByRole('link', { name: 'Create an account' }).click();
  const form = page.getByRole('form', { name: 'Create an account' });
  await form.getByLabel('Name').fill('Ada Lovelace');
  await form.getByLabel('Email').fill(email);
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Your tasks' })).toBeFocused();
}

export async function signIn({ page, email, password }: Person): Promise<void> {
  const form = page.getByRole('form', { name: 'Sign in' });
  await form.getByLabel('Email').fill(email);
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Sign in' }).click();
}

export async function openSignedUp(environment: Environment): Promise<Person> {
  const person = await openApp(environment);
  await signUp(person);
  return person;
}

export async function addTask({ page }: Person, title: string, tags = ''): Promise<void> {
  const form = page.getByRole('form', { name: 'Add a task' });
  await form.getByLabel('New task').fill(title);
  await form.getByLabel('Tags').fill(tags);
  await form.getByRole('button', { name: 'Add' }).click();
}

export function taskOf({ page }: Person, title: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('checkbox', { name: title, exact: true }) });
}

/** Records from now on what the page states in its status line. @returns reads it */
export async function recordStatus({ page }: Person): Promise<() => Promise<string[]>> {
  await page.evaluate(`{
    const line = document.getElementById('status');
    window.stated = [];
    new MutationObserver(() => window.stated.push(line.textContent)).observe(line, { childList: true });
  }`);
  return async () => (await page.evaluate<string[]>('window.stated')).filter((text) => text !== '');
}

/** The titles in the list, first to last. */
export async function expectTasks({ page }: Person, titles: readonly string[]): Promise<void> {
  await expect(page.getByRole('list', { name: 'Your tasks' }).locator('label.title')).toHaveText([...titles]);
}

export async function leave({ context, observed }: Person): Promise<void> {
  await context.close();
  assert.deepEqual(observed.errors, []);
}
