/** Parameters of a path that stand for the caller, as in /api/{user_id}/tasks and /users/{id}/tasks. */
const CALLER = /\{(?:user|owner)(?:_?(?:id|name|uuid))?\}|(?<=\/users\/)\{[^}]+\}(?=\/)/i;

/**
 * The parameter of a path that stands for the caller, with its braces.
 * @param collections paths in which objects are created: what follows one at the end of a path is the id of its object
 */
export function callerIn(path: string, collections: ReadonlySet<string>): string | undefined {
  const [parameter] = CALLER.exec(path) ?? [];
  const isLast = parameter !== undefined && path.replace(/\/$/, '').endsWith(parameter);
  return isLast && collections.has(path.slice(0, path.indexOf(parameter) - 1)) ? undefined : parameter;
}

/**
 * The path of one caller. The parameter may be in another case, as in requests that try other spellings.
 * @throws {Error} where the path names the caller, and its token does not state who that is
 */
export function pathOfCaller(path: string, subjectOfCaller: () => string | undefined): string {
  return path.replace(CALLER, (parameter) => {
    const subject = subjectOfCaller();
    if (subject === undefined) throw new Error(`The path ${path} has ${parameter}, but the token has no subject (sub).`);
    return encodeURIComponent(subject);
  });
}

/** The path with the parameter of the template in place of the caller that it names. */
export function withCallerOf(path: string, template: string): string {
  const at = template.search(CALLER);
  const index = template.slice(0, Math.max(at, 0)).split('/').length - 1;
  const segments = path.split('/');
  return at < 0 || index >= segments.length ? path : segments.with(index, template.split('/')[index] ?? '').join('/');
}
