import type { TasksClient } from '../../../../client/client.ts';
import type { User } from './account.ts';
import { addTask, createClient, deleteTask, listTasks, parseTags, setCompleted, setTags, type Priority, type Task, type TaskPage } from './api.ts';
import { byId, valueOf } from './dom.ts';
import { forgetDraft, restoreDraft, saveDraft } from './draft.ts';
import { Rejected, SignedOut } from './errors.ts';
import { announce } from './status.ts';
import { clearTasks, focusControl, neighborOf, renderTasks, setBusy } from './task-list.ts';
import { untilAvailable } from './until-available.ts';

export const addForm = byId('add-form', HTMLFormElement);
export const filterForm = byId('filter-form', HTMLFormElement);
const addError = byId('add-error', HTMLParagraphElement);
const listError = byId('list-error', HTMLParagraphElement);

/** The tasks of one signed-in user. */
export class TasksView {
  readonly #user: User;
  readonly #onSignedOut: () => void;
  readonly #client: TasksClient = createClient();
  /** Titles of the tasks that are being added. */
  readonly #unsent = new Set<string>();
  /** Tasks are sent in the order in which they were added. */
  #lastSent: Promise<unknown> = Promise.resolve();
  readonly #closed = new AbortController();
  #loading = new AbortController();
  #page: TaskPage | undefined;
  #pageNumber = 1;
  #editing: number | undefined;

  /** @param onSignedOut called when the session has expired */
  constructor(user: User, onSignedOut: () => void) {
    this.#user = user;
    this.#onSignedOut = onSignedOut;
    restoreDraft(addForm, user.id);
  }

  /** Loads and shows the tasks that the filters select. A later call replaces an earlier one. */
  async load(pageNumber = this.#pageNumber): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const signal = AbortSignal.any([this.#loading.signal, this.#closed.signal]);
    this.#pageNumber = pageNumber;
    const shown = valueOf(filterForm, 'shown');
    const query = { search: valueOf(filterForm, 'search').trim(), completed: shown === 'all' ? undefined : shown === 'completed', page: pageNumber };
    setBusy(true);
    await this.#attempt(listError, async () => {
      this.#page = await untilAvailable(() => listTasks(this.#client, query, signal), signal);
      // The last task of the last page was removed.
      if (this.#page.tasks.length === 0 && pageNumber > 1) return this.load(pageNumber - 1);
      this.#render();
    });
    if (!signal.aborted) setBusy(false);
  }

  async turnPage(by: 1 | -1): Promise<void> {
    await this.load(this.#pageNumber + by);
    // The button may be disabled now, and the page begins above it.
    focusControl('tasks-title');
  }

  /** The user may add the next task while this one is not sent yet, but the same one only once. */
  async add(): Promise<void> {
    const [title, tags] = [valueOf(addForm, 'title'), valueOf(addForm, 'tags')];
    const isTyped = (): boolean => valueOf(addForm, 'title') === title && valueOf(addForm, 'tags') === tags;
    if (this.#unsent.has(title)) return;
    this.#setUnsent(title, true);
    announce('');
    const task = { title, priority: valueOf(addForm, 'priority') as Priority, tags: parseTags(tags) };
    const key = crypto.randomUUID();
    await this.#attempt(addError, async () => {
      const sent = this.#lastSent.then(() => untilAvailable(() => addTask(this.#client, task, key), this.#closed.signal));
      this.#lastSent = sent.catch(() => undefined);
      await sent;
      if (isTyped()) {
        addForm.reset();
        forgetDraft();
      }
      announce(`Added “${title}”.`);
    });
    this.#setUnsent(title, false);
    await this.load(1);
  }

  #setUnsent(title: string, isUnsent: boolean): void {
    if (isUnsent) this.#unsent.add(title);
    else this.#unsent.delete(title);
    addForm.ariaBusy = String(this.#unsent.size > 0);
  }

  saveDraft(): void {
    saveDraft(addForm, this.#user.id);
  }

  /** Nothing that is still in progress may show this user's tasks to the next user. */
  close(): void {
    this.#closed.abort();
    clearTasks();
    for (const form of [addForm, filterForm]) form.reset();
  }

  #render(): void {
    const isFiltered = valueOf(filterForm, 'search').trim() !== '' || valueOf(filterForm, 'shown') !== 'all';
    if (this.#page !== undefined) renderTasks(this.#page, this.#editing, isFiltered, this);
  }

  async complete({ id, title }: Task, completed: boolean): Promise<void> {
    await this.#change(() => setCompleted(this.#client, id, completed), `${completed ? 'Completed' : 'Reopened'} “${title}”.`);
  }

  editTags(task: Task | undefined): void {
    const closed = this.#editing;
    this.#editing = task?.id;
    this.#render();
    focusControl(task === undefined ? `tags-${closed}` : `tag-names-${task.id}`);
  }

  async saveTags({ id, title }: Task, text: string): Promise<void> {
    await this.#change(() => setTags(this.#client, id, parseTags(text)), `Saved the tags of “${title}”.`);
    if (listError.textContent === '') this.editTags(undefined);
  }

  async remove(task: Task): Promise<void> {
    if (!confirm(`Delete “${task.title}”?`)) return;
    const next = neighborOf(task);
    await this.#change(() => deleteTask(this.#client, task.id), `Deleted “${task.title}”.`);
    focusControl(next);
  }

  /** @param call must be safe to repeat */
  async #change(call: () => Promise<unknown>, done: string): Promise<void> {
    announce('');
    await this.#attempt(listError, async () => {
      await untilAvailable(call, this.#closed.signal);
      announce(done);
    });
    const message = listError.textContent;
    await this.load();
    listError.textContent = message;
  }

  /** Shows what the API rejects, and ends the view when the session has expired. */
  async #attempt(error: HTMLElement, work: () => Promise<void>): Promise<void> {
    error.textContent = '';
    try {
      await work();
    } catch (thrown) {
      if (thrown instanceof Rejected) error.textContent = thrown.message;
      else if (thrown instanceof SignedOut) this.#onSignedOut();
      else if (!(thrown instanceof DOMException && thrown.name === 'AbortError')) throw thrown;
    }
  }
}
