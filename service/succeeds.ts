/** Whether an action returns without throwing, if its error is of no interest. */
export function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
