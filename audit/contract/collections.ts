import { ContractError } from './contract-error.ts';
import { bodySchema, type Json } from './openapi-document.ts';
import { deletionOf, type Operation, type Resource, withoutSlash } from './operations.ts';
import { addReferences, describe, type Found } from './resources.ts';
import { isSignIn } from './sign-in.ts';

/** A path in which the contract may create private objects, and what it lacks for an audit. */
export type NearMiss = { path: string; missing: readonly string[] };

export type Collections = { resources: readonly Resource[]; nearMisses: readonly NearMiss[] };

/**
 * The collections of private objects, the one to use where one is enough first.
 * @param chosen path of that one, from the config file
 * @param isRequired whether the audit acts as users
 * @throws {ContractError} where there is none although one is required, or where the chosen one is not among them
 */
export function findCollections(document: Json, operations: readonly Operation[], chosen: string | undefined, isRequired = true): Collections {
  const candidates = operations
    .filter((create) => create.method === 'POST' && !/\}\/?$/.test(create.path) && !isSignIn(document, create))
    .map((create) => examine(document, create, operations));
  const found = candidates.flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
  const nearMisses = candidates.filter(({ missing, hasReads }) => missing.length > 0 && hasReads).map(({ path, missing }) => ({ path, missing }));
  const resources = rankCollections(addReferences(document, withDistinctNames(found)));
  if (resources.length === 0 && isRequired) {
    const summary =
      'The contract has no protected collection with create (POST), list (GET) and read (GET …/{id}): isolation cannot be checked. With AUDIT_USERS=none the checks run that need none.';
    throw new ContractError([summary, ...(nearMisses.length > 0 ? nearMisses : candidates).flatMap(problemsOf)]);
  }
  if (chosen === undefined || resources.length === 0) return { resources, nearMisses };
  const resource = resources.find(({ create }) => withoutSlash(create.path) === withoutSlash(chosen));
  if (resource !== undefined) return { resources: [resource, ...resources.filter((each) => each !== resource)], nearMisses };
  const usable = resources.map(({ create }) => create.path).join(', ');
  throw new ContractError([
    `no collection that can be audited is created at ${chosen}, the "collection" of the config file. Candidates: ${usable}.`,
    ...candidates.filter(({ path }) => withoutSlash(path) === withoutSlash(chosen)).flatMap(problemsOf),
  ]);
}

/**
 * The best collection first: one whose objects can be deleted, then the one with the most operations on an object. Without a deletion
 * the audit would leave objects behind.
 */
export function rankCollections<Collection extends Pick<Resource, 'onItem' | 'read'>>(collections: readonly Collection[]): Collection[] {
  const deletable = (collection: Collection): number => Number(deletionOf(collection) !== undefined);
  return collections.toSorted((a, b) => deletable(b) - deletable(a) || b.onItem.length - a.onItem.length);
}

export function problemsOf({ path, missing }: NearMiss): string[] {
  return missing.map((what) => `POST ${path}: ${what}.`);
}

type Candidate = NearMiss & { resource: Resource | undefined; hasReads: boolean };

function examine(document: Json, create: Operation, operations: readonly Operation[]): Candidate {
  const { path } = create;
  const base = withoutSlash(path);
  const list = operations.find(({ method, path: at }) => method === 'GET' && withoutSlash(at) === base);
  const [other] = parametersIn(path, create.caller);
  const onItem = operations.filter(({ path: at, caller }) => at.startsWith(`${base}/{`) && parametersIn(at.slice(base.length), caller).length === 1);
  const read = onItem.find(({ method, path: at }) => method === 'GET' && /^\/\{[^}]+\}\/?$/.test(at.slice(base.length)));
  const isOpen = (operation: Operation | undefined): boolean => operation?.protected === false;
  const missing = [
    ...(other === undefined ? [] : [`needs ${other}, the id of another object, in its path`]),
    ...(isOpen(create) ? ['has no security requirement, so its objects are not private'] : []),
    ...(create.success === 204 ? ['documents no response with the new object'] : []),
    ...(Object.keys(bodySchema(document, create)).length === 0 ? ['documents no JSON body'] : []),
    ...(list === undefined ? [`creates objects, but there is no GET ${base} to list them`] : []),
    ...(read === undefined ? [`creates objects, but there is no GET ${base}/{id} to read one`] : []),
    ...[list, read].flatMap((each) => (isOpen(each) ? [`GET ${each?.path} has no security requirement, so its objects are not private`] : [])),
  ];
  const hasReads = list !== undefined || onItem.length > 0;
  if (missing.length > 0 || list === undefined || read === undefined) return { path, missing, resource: undefined, hasReads };
  return { path, hasReads, ...describeOr(document, { create, list, read, onItem }, operations) };
}

function describeOr(document: Json, found: Found, operations: readonly Operation[]): Pick<Candidate, 'missing' | 'resource'> {
  try {
    return { missing: [], resource: describe(document, found, operations) };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { missing: error.problems, resource: undefined };
  }
}

/** The name is the last part of the path, or the whole path where two collections end alike. */
function withDistinctNames(found: readonly Resource[]): Resource[] {
  return found.map((resource) => {
    const isTaken = found.some((other) => other !== resource && other.name === resource.name);
    return isTaken ? { ...resource, name: withoutSlash(resource.create.path) } : resource;
  });
}

function parametersIn(path: string, caller: string | undefined): string[] {
  return (path.match(/\{[^}]+\}/g) ?? []).filter((parameter) => parameter !== caller);
}
