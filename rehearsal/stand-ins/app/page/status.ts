import { byId } from './dom.ts';

const line = byId('status', HTMLParagraphElement);
const retry = byId('retry', HTMLButtonElement);
const waiting = new Set<() => void>();

function endWaits(): void {
  for (const end of waiting) end();
}
retry.addEventListener('click', endWaits);
window.addEventListener('online', endWaits);

/** Shows one line, which screen readers read aloud. */
export function announce(text: string): void {
  line.textContent = text;
}

/** Announces the text and waits for the time to pass, for "Try now", for the network to return, or for the signal. */
export async function waitAnnounced(text: string, ms: number, signal?: AbortSignal): Promise<void> {
  announce(text);
  retry.hidden = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  waiting.add(resolve);
  signal?.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
  waiting.delete(resolve);
  retry.hidden = waiting.size === 0;
}
