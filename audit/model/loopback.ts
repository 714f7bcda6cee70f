/** Whether a URL names the machine on which the audit runs. */
export function isLoopback(url: string): boolean {
  return /^(localhost|127\.|\[::1\])/.test(new URL(url).hostname);
}
