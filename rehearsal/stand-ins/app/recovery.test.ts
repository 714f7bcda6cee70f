import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEnvironment, type Environment } from './test/environment.ts';
import { addTask, expect, expectTasks, leave, openApp, openSignedUp, recordStatus, signIn, signUp, type Person } from './test/person.ts';

/** Short, so that tokens expire in open pages. */
const TOKEN_SECONDS = 2;
const OUTAGE_MS = 10_000;

let environment: Environment;
before(async () => {
  environment = await startEnvironment(`${TOKEN_SECONDS}s`);
});
after(() => environment.close());

describe('the app in a browser recovers', () => {
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
    await exhaustLimit(person);

    const limited = page.waitForResponse((response) => response.status() === 429);
    await page.getByRole('searchbox', { name: 'Search' }).fill('slow');
    const status = page.getByRole('status');
    await expect(status).toHaveText(/^Too many requests\. Trying again in \d+ seconds\.$/);
    const stated = Number(/\d+/.exec((await status.textContent()) ?? '')?.[0]);
    assert.equal(String(stated), (await limited).headers()['retry-after']);
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
    const stated = await recordStatus(person);
    await page.getByRole('checkbox', { name: 'Before the token expired' }).click();
    await expect(page.getByRole('status')).toHaveText('Completed “Before the token expired”.');
    assert.deepEqual(await stated(), ['Completed “Before the token expired”.'], 'the person notices nothing');
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

/** Sends requests with the person's session until the limit of the API is exhausted. */
async function exhaustLimit({ context }: Person): Promise<void> {
  const issued = await context.request.get(`${environment.app.url}/api/auth/token`);
  const { token } = (await issued.json()) as { token: string };
  for (let sent = 0; sent < 200; sent += 1) {
    const response = await fetch(`${environment.apiUrl}/api/v1/tags`, { headers: { authorization: `Bearer ${token}` } });
    await response.arrayBuffer();
    if (response.status === 429) return;
  }
  throw new Error('The limit was not exhausted.');
}
