import { valueOf } from './dom.ts';

/** What a user has typed but not sent: it survives a reload and an expired session, and no other user sees it. */
const KEY = 'draft';

type Draft = { readonly userId: string; readonly fields: Readonly<Record<string, string>> };

export function saveDraft(form: HTMLFormElement, userId: string): void {
  const names = [...form.elements].flatMap((element) => element.getAttribute('name') ?? []);
  const draft: Draft = { userId, fields: Object.fromEntries(names.map((name) => [name, valueOf(form, name)])) };
  sessionStorage.setItem(KEY, JSON.stringify(draft));
}

export function restoreDraft(form: HTMLFormElement, userId: string): void {
  form.reset();
  const text = sessionStorage.getItem(KEY);
  const draft = text === null ? undefined : (JSON.parse(text) as Draft);
  if (draft?.userId !== userId) return forgetDraft();
  for (const [name, value] of Object.entries(draft.fields)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value;
  }
}

export function forgetDraft(): void {
  sessionStorage.removeItem(KEY);
}
