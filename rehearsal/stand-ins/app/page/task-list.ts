import type { Task, TaskPage } from './api.ts';
import { byId } from './dom.ts';
import { createTaskItem, type TaskActions } from './task-item.ts';

const list = byId('list', HTMLUListElement);
const count = byId('count', HTMLParagraphElement);
const pages = byId('pages', HTMLElement);
const pageNumber = byId('page', HTMLSpanElement);
const previous = byId('previous', HTMLButtonElement);
const next = byId('next', HTMLButtonElement);

/** Renders a page of tasks, and focuses the control that had the focus before. */
export function renderTasks(page: TaskPage, editing: number | undefined, isFiltered: boolean, actions: TaskActions): void {
  const focused = list.contains(document.activeElement) ? document.activeElement?.id : undefined;
  list.replaceChildren(...page.tasks.map((task) => createTaskItem(task, task.id === editing, actions)));
  if (focused !== undefined) focusControl(focused);
  count.textContent = describeCount(page.total, isFiltered);
  const last = Math.max(1, Math.ceil(page.total / page.per_page));
  pages.hidden = last === 1;
  pageNumber.textContent = `Page ${page.page} of ${last}`;
  previous.disabled = page.page <= 1;
  next.disabled = page.page >= last;
}

/** Focuses the control with this id, or the heading of the tasks where it does not exist any more. */
export function focusControl(id: string): void {
  (document.getElementById(id) ?? byId('tasks-title', HTMLHeadingElement)).focus();
}

/** The control to focus when this task is removed: that of the next task, or of the previous one. */
export function neighborOf({ id }: Task): string {
  const item = document.getElementById(`delete-${id}`)?.closest('li');
  const neighbor = item?.nextElementSibling ?? item?.previousElementSibling;
  return neighbor?.querySelector('input')?.id ?? 'tasks-title';
}

export function clearTasks(): void {
  list.replaceChildren();
  count.textContent = '';
  pages.hidden = true;
}

export function setBusy(isBusy: boolean): void {
  list.ariaBusy = String(isBusy);
}

function describeCount(total: number, isFiltered: boolean): string {
  if (total === 0) return isFiltered ? 'No tasks match.' : 'You have no tasks. Add the first one above.';
  return `${total} ${total === 1 ? 'task' : 'tasks'}`;
}
