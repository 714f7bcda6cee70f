import { currentUser, signOut, type User } from './account.ts';
import { byId, onSubmit } from './dom.ts';
import { forgetDraft } from './draft.ts';
import { prepareSignIn } from './sign-in-view.ts';
import { announce } from './status.ts';
import { addForm, filterForm, TasksView } from './tasks-view.ts';
import { untilAvailable } from './until-available.ts';

const SEARCH_DELAY_MS = 250;
const VIEWS = ['sign-in', 'sign-up', 'tasks'] as const;

let view: TasksView | undefined;

function show(name: (typeof VIEWS)[number]): void {
  for (const each of VIEWS) byId(each, HTMLElement).hidden = each !== name;
  byId('account', HTMLElement).hidden = name !== 'tasks';
  const title = byId(`${name}-title`, HTMLHeadingElement);
  document.title = `${title.textContent} · Tasks`;
  title.focus();
}

function showSignIn(message: string): void {
  view?.close();
  view = undefined;
  announce(message);
  show(location.hash === '#sign-up' ? 'sign-up' : 'sign-in');
}

function showTasks(user: User): void {
  // Without an entry in the history that leads back to the form.
  history.replaceState(null, '', location.pathname);
  byId('account-name', HTMLSpanElement).textContent = user.name;
  announce('');
  show('tasks');
  view = new TasksView(user, () => showSignIn('Your session has expired. Sign in again. What you typed is still there.'));
  void view.load();
}

async function endSession(): Promise<void> {
  await untilAvailable(signOut);
  forgetDraft();
  showSignIn('You are signed out.');
}

function listen(): void {
  prepareSignIn(showTasks);
  onSubmit(addForm, async () => view?.add());
  addForm.addEventListener('input', () => view?.saveDraft());
  onSubmit(filterForm, async () => view?.load(1));
  let timer: ReturnType<typeof setTimeout> | undefined;
  filterForm.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void view?.load(1), SEARCH_DELAY_MS);
  });
  byId('previous', HTMLButtonElement).addEventListener('click', () => void view?.turnPage(-1));
  byId('next', HTMLButtonElement).addEventListener('click', () => void view?.turnPage(1));
  byId('sign-out', HTMLButtonElement).addEventListener('click', () => void endSession());
  window.addEventListener('hashchange', () => {
    if (view === undefined) showSignIn('');
  });
  // The tasks of a page that was in the background for hours are stale.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void view?.load();
  });
}

async function start(): Promise<void> {
  listen();
  const user = await untilAvailable(currentUser);
  if (user === undefined) showSignIn('');
  else showTasks(user);
}

void start();
