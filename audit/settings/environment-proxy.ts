/** The variables in which curl, Node, Chromium and GLib look for a proxy. */
const PROXY_VARIABLE = /^(?:(?:https?|ftp|all|auto|socks)_proxy|socks_server)$/i;

/**
 * Takes the proxies out of an environment, so that no process that inherits it uses one.
 * @returns the names of the variables; their values may hold passwords
 */
export function takeProxies(env: NodeJS.ProcessEnv): string[] {
  const names = Object.keys(env).filter((name) => PROXY_VARIABLE.test(name) && env[name] !== '');
  for (const name of names) Reflect.deleteProperty(env, name);
  return names.toSorted();
}

/** States that proxies are not used; `undefined` where there are none. */
export function proxyNotice(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return `${new Intl.ListFormat('en').format(names)} ${names.length === 1 ? 'is' : 'are'} set, but this audit connects directly and does not use a proxy.`;
}
