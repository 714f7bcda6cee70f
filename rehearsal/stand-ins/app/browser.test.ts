import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEnvironment, type Environment } from './test/environment.ts';
import { addTask, expect, expectTasks, leave, openApp, openSignedUp, signIn, signUp, taskOf } from './test/person.ts';

let environment: Environment;
before(async () => {
  environment = await startEnvironment();
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

  test('preserves the tags that a person is typing while the list is loaded again', async () => {
    const person = await openSignedUp(environment);
    const { page } = person;
    await addTask(person, 'Buy milk');
    await addTask(person, 'Call the dentist');
    await expectTasks(person, ['Call the dentist', 'Buy milk']);

    await page.getByRole('button', { name: 'Tags of Call the dentist' }).click();
    const tags = page.getByRole('form', { name: 'Tags of Call the dentist' }).getByLabel('Tags');
    await tags.fill('health');
    await page.getByRole('checkbox', { name: 'Buy milk' }).click();
    // Only the new list has this class.
    await expect(taskOf(person, 'Buy milk')).toHaveClass('completed');
    await expect(tags).toHaveValue('health');
    await tags.press('Enter');
    await expect(taskOf(person, 'Call the dentist')).toContainText('health');
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
