import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@playwright/test';
import { startEnvironment, type Environment } from './test/environment.ts';
import { addTask, expectTasks, leave, openApp, openSignedUp, signIn, signUp, taskOf, type Person } from './test/person.ts';

/** Short, so that tokens expire in open pages. */
const TOKEN_SECONDS = 2;
const OUTAGE_MS = 10_000;

let environment: Environment;
before(async () => {
  environment = await startEnvironment(`${TOKEN_SECONDS}s`);
});
after(() => environment.close());

describe('the app in a browser, on another site than the API', () => {
  test('shows a person the tasks that the person adds, tags, completes, searches and deletes, also after a reload', async () => {
    const person = await openSignedUp(environment);
    const { page } = person;
    assert.notEqual(new URL(page.url()).hostname, new URL(environment.apiUrl).hostname);
    await expect(page.getByText('You have no tasks.')).toBeVisible();

    await addTask(person, 'Buy milk', 'Errands, home');
    await addTask(person, 'Call the dentist');
    await expectTasks(person, ['Call the dentist', 'Buy milk']);
    await expect(taskOf(person, 'Buy milk')).toContainText('errandshome');

    await page.getByRole('checkbox', { name: 'Buy milk' }).click();
    await expect(page.getByRole('status')).toHaveText('Completed “Buy milk”.');
    await page.getByRole('button', { name: 'Tags of Call the dentist' }).click();
    const editor = page.getByRole('form', { name: 'Tags of Call the dentist' });
    await editor.getByLabel('Tags').fill('health, errands');
    await editor.getByRole('button', { name: 'Save tags' }).click();
    await expect(page.getByRole('button', { name: 'Tags of Call the dentist' })).toBeFocused();

    await page.reload();
    await expectTasks(person, ['Call the dentist', 'Buy milk']);
    await expect(page.getByRole('checkbox', { name: 'Buy milk' })).toBeChecked();
    await expect(taskOf(person, 'Call the dentist')).toContainText('errandshealth');

    await page.getByRole('searchbox', { name: 'Search' }).fill('DENT');
    await expectTasks(person, ['Call the dentist']);
    await page.getByRole('searchbox', { name: 'Search' }).fill('');
    await page.getByLabel('Show').selectOption('Completed');
    await expectTasks(person, ['Buy milk']);
    await page.getByLabel('Show').selectOption('All');

    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete Call the dentist' }).click();
    await expectTasks(person, ['Buy milk']);
    await expect(page.getByRole('checkbox', { name: 'Buy milk' })).toBeFocused();
    await leave(person);
  });

  test('is usable with the keyboard alone, and never loses the focus', async () => {
    const person = await openSignedUp(environment);
    const { page } = person;
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('Tab');
    await page.keyboard.type('Water the plants');
    await press('Enter');
    await expectTasks(person, ['Water the plants']);
    await expect(page.getByLabel('New task')).toBeFocused();

    // Tags, priority, Add, search, filter, then the task.
    await press('Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Space');
    await expect(page.getByRole('status')).toHaveText('Completed “Water the plants”.');
    await expect(page.getByRole('checkbox', { name: 'Water the plants' })).toBeFocused();
    await press('Tab', 'Enter');
    await page.keyboard.type('home');
    await press('Escape');
    await expect(page.getByRole('button', { name: 'Tags of Water the plants' })).toBeFocused();
    page.once('dialog', (dialog) => void dialog.accept());
    await press('Tab', 'Enter');
    await expectTasks(person, []);
    await expect(page.getByRole('heading', { name: 'Your tasks' })).toBeFocused();
    await leave(person);
  });

  test('shows the next user of the same browser nothing of the first one', async () => {
    const first = await openSignedUp(environment);
    const { page } = first;
    await addTask(first, 'A secret of the first user');
    await expectTasks(first, ['A secret of the first user']);
    await page.getByLabel('New task').fill('A draft of the first user');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeFocused();
    assert.ok(!(await page.content()).includes('secret of the first user'));

    const second = { ...first, email: `second-${first.email}` };
    await signUp(second);
    await expect(page.getByText('You have no tasks.')).toBeVisible();
    await expect(page.getByLabel('New task')).toHaveValue('');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(first);
    await expectTasks(first, ['A secret of the first user']);
    await leave(first);
  });

  test('states why a sign-in fails', async () => {
    const person = await openApp(environment);
    await signIn(person);
    await expect(person.page.getByRole('form', { name: 'Sign in' }).getByRole('alert')).toHaveText('Invalid email or password');
    await leave(person);
  });
});

describe('the app recovers', () => {
  test('from an API that is down for 10 s: it states so, preserves what was typed, and sends it once the API is back', async () => {
    const person = await openSignedUp(environment);
    const { page } = person;
    await environment.network.refuse();
    const began = performance.now();
    await addTask(person, 'Survive an outage', 'patience');
    await expect(page.getByRole('status')).toHaveText(/^The server cannot be reached\. Trying again in \d+ seconds?\.$/);
    await expect(page.getByLabel('New task')).toHaveValue('Survive an outage');
    await expect(page.getByRole('button', { name: 'Try now' })).toBeVisible();
    await sleep(OUTAGE_MS - (performance.now() - began));
    await environment.network.accept();
    await page.getByRole('button', { name: 'Try now' }).click();
    await expectTasks(person, ['Survive an outage']);
    await expect(page.getByLabel('New task')).toHaveValue('');
    await expect(page.getByRole('button', { name: 'Try now' })).toBeHidden();
    await leave(person);
  });

  test('from a lost response, without creating the task twice', async () => {
    const person = await openSignedUp(environment);
    await addTask(person, 'First');
    await expectTasks(person, ['First']);
    environment.network.pause('responses');
    await addTask(person, 'Second');
    // By then the service has created it.
    await sleep(1_000);
    // Chromium itself repeats a request on a connection that was reset, unless it cannot connect again.
    await environment.network.refuse();
    await expect(person.page.getByRole('status')).toHaveText(/cannot be reached/);
    await environment.network.accept();
    await expectTasks(person, ['Second', 'First']);
    await leave(person);
  });

  test('from an exhausted rate limit: it states the time of the next try, and sends nothing before', async () => {
    const person = await openApp(environment);
    const { page, observed } = person;
    await page.clock.install();
    await signUp(person);
    await addTask(person, 'Slow down');
    await expectTasks(person, ['Slow down']);
    const retryAfter = await exhaustLimit(person);

    await page.getByRole('searchbox', { name: 'Search' }).fill('slow');
    const status = page.getByRole('status');
    await expect(status).toHaveText(/^Too many requests\. Trying again in \d+ seconds\.$/);
    const stated = Number(/\d+/.exec((await status.textContent()) ?? '')?.[0]);
    assert.ok(stated <= retryAfter && stated >= retryAfter - 10, `${stated} s on the page, ${retryAfter} s in the header`);
    const sent = observed.responses.length;
    await page.clock.fastForward((stated - 20) * 1_000);
    await sleep(500);
    assert.equal(observed.responses.length, sent, 'nothing is sent before that time');

    // The limit lasts a minute of the service's clock: a new process has a new one.
    await environment.restartService();
    await page.clock.fastForward(20_000);
    await expect(status).toHaveText('Connected again.');
    await expectTasks(person, ['Slow down']);
    await leave(person);
  });

  test('from a token that expired in the open page, without a sign-in', async () => {
    const person = await openSignedUp(environment);
    const { page, observed } = person;
    await addTask(person, 'Before the token expired');
    await expectTasks(person, ['Before the token expired']);
    await sleep((TOKEN_SECONDS + 1) * 1_000);
    observed.responses.length = 0;
    await page.getByRole('checkbox', { name: 'Before the token expired' }).click();
    await expect(page.getByRole('status')).toHaveText('Completed “Before the token expired”.');
    const [rejected, token, repeated] = observed.responses;
    assert.match(rejected ?? '', /^PUT \/api\/v1\/tasks\/\d+ 401$/);
    assert.equal(token, 'GET /api/auth/token 200');
    assert.match(repeated ?? '', /^PUT \/api\/v1\/tasks\/\d+ 200$/);
    await leave(person);
  });

  test('from a session that ended: it requires a sign-in and preserves what was typed, for the same user only', async () => {
    const [person, other] = [await openSignedUp(environment), await openSignedUp(environment)];
    await leave(other);
    const { page } = person;
    const title = page.getByLabel('New task');
    await title.fill('Not sent yet');
    await endSession(person);
    await page.getByRole('button', { name: 'Add' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeFocused();
    await expect(page.getByRole('status')).toHaveText(/^Your session has expired\./);
    await signIn(person);
    await expect(title).toHaveValue('Not sent yet');
    await page.getByRole('button', { name: 'Add' }).click();
    await expectTasks(person, ['Not sent yet']);

    await title.fill('Never sent');
    await endSession(person);
    await page.getByRole('button', { name: 'Add' }).click();
    await signIn({ ...person, email: other.email, password: other.password });
    await expect(page.getByText('You have no tasks.')).toBeVisible();
    await expect(title).toHaveValue('');
    await leave(person);
  });
});

/** Ends the person's sessions as the app's operator would, and waits until the last token has expired. */
async function endSession({ email }: Person): Promise<void> {
  await environment.signInDatabase.query('delete from "session" using "user" where "userId" = "user"."id" and "email" = $1', [email]);
  await sleep((TOKEN_SECONDS + 1) * 1_000);
}

/** Sends requests with the person's session until the limit of the API is exhausted. @returns the Retry-After in seconds */
async function exhaustLimit({ context }: Person): Promise<number> {
  const issued = await context.request.get(`${environment.app.url}/api/auth/token`);
  const { token } = (await issued.json()) as { token: string };
  for (let sent = 0; sent < 200; sent += 1) {
    const response = await fetch(`${environment.apiUrl}/api/v1/tags`, { headers: { authorization: `Bearer ${token}` } });
    await response.arrayBuffer();
    if (response.status === 429) return Number(response.headers.get('retry-after'));
  }
  throw new Error('The limit was not exhausted.');
}
