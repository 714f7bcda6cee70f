import type { Task } from './api.ts';
import { create, onSubmit, valueOf } from './dom.ts';

/** What a user can do with a task. */
export type TaskActions = {
  complete(task: Task, completed: boolean): Promise<void>;
  editTags(task: Task | undefined): void;
  saveTags(task: Task, text: string): Promise<void>;
  remove(task: Task): Promise<void>;
};

/** Each control has an id, so that it can be focused again after the list is rendered again. */
export function createTaskItem(task: Task, isEditingTags: boolean, actions: TaskActions): HTMLLIElement {
  const { id, title, completed, priority, tags } = task;
  const checkbox = create('input', { type: 'checkbox', id: `complete-${id}`, checked: completed });
  checkbox.addEventListener('change', () => void actions.complete(task, checkbox.checked));
  const label = create('label', { htmlFor: checkbox.id, className: 'title' }, title);
  const chips = tags.map(({ name }) => create('span', { className: 'tag' }, name));
  const editTags = create('button', { type: 'button', id: `tags-${id}`, ariaLabel: `Tags of ${title}` }, 'Tags');
  editTags.ariaExpanded = String(isEditingTags);
  editTags.addEventListener('click', () => actions.editTags(isEditingTags ? undefined : task));
  const remove = create('button', { type: 'button', id: `delete-${id}`, ariaLabel: `Delete ${title}` }, 'Delete');
  remove.addEventListener('click', () => void actions.remove(task));
  return create(
    'li',
    { className: completed ? 'completed' : '' },
    checkbox,
    label,
    ...(priority === 'medium' ? [] : [create('span', { className: 'priority' }, `${priority} priority`)]),
    ...chips,
    create('div', { className: 'actions' }, editTags, remove),
    ...(isEditingTags ? [openTagEditor(task) ?? createTagEditor(task, actions)] : []),
  );
}

/** The editor on the page, with what the user has typed, when the list is rendered again. */
function openTagEditor({ id }: Task): Element | null | undefined {
  return document.getElementById(`tag-names-${id}`)?.closest('form');
}

function createTagEditor(task: Task, actions: TaskActions): HTMLFormElement {
  const { id, title, tags } = task;
  const input = create('input', { id: `tag-names-${id}`, name: 'tags', value: tags.map(({ name }) => name).join(', '), autocomplete: 'off' });
  const label = create('label', { htmlFor: input.id }, 'Tags, separated by commas');
  const cancel = create('button', { type: 'button', id: `cancel-${id}` }, 'Cancel');
  const form = create(
    'form',
    { className: 'tag-editor', ariaLabel: `Tags of ${title}` },
    create('div', { className: 'field' }, label, input),
    create('button', { className: 'primary', id: `save-${id}` }, 'Save tags'),
    cancel,
  );
  cancel.addEventListener('click', () => actions.editTags(undefined));
  form.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') actions.editTags(undefined);
  });
  onSubmit(form, () => actions.saveTags(task, valueOf(form, 'tags')));
  return form;
}
