import { signIn, signUp, type User } from './account.ts';
import { byId, onSubmit, valueOf } from './dom.ts';
import { Rejected } from './errors.ts';
import { untilAvailable } from './until-available.ts';

const signInForm = byId('sign-in-form', HTMLFormElement);
const signUpForm = byId('sign-up-form', HTMLFormElement);

/** @param onUser called when a user has signed in or up */
export function prepareSignIn(onUser: (user: User) => void): void {
  prepare(signInForm, 'sign-in-error', onUser, () => signIn(valueOf(signInForm, 'email'), valueOf(signInForm, 'password')));
  prepare(signUpForm, 'sign-up-error', onUser, () =>
    signUp(valueOf(signUpForm, 'name'), valueOf(signUpForm, 'email'), valueOf(signUpForm, 'password')),
  );
}

function prepare(form: HTMLFormElement, errorId: string, onUser: (user: User) => void, submit: () => Promise<User>): void {
  const error = byId(errorId, HTMLParagraphElement);
  let isPending = false;
  onSubmit(form, async () => {
    if (isPending) return;
    isPending = true;
    form.ariaBusy = 'true';
    error.textContent = '';
    try {
      // A sign-up whose response was lost is repeated and rejected, because the user exists: signing in then works.
      const user = await untilAvailable(submit);
      form.reset();
      onUser(user);
    } catch (thrown) {
      if (!(thrown instanceof Rejected)) throw thrown;
      error.textContent = thrown.message;
      form.querySelector('input')?.focus();
    } finally {
      isPending = false;
      form.ariaBusy = 'false';
    }
  });
}
