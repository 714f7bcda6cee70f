import type { Operation, Resource } from '../../contract/operations.ts';

/** What A's object and A are called. */
export type Claim = { id: string; jsonId: string | number; owner: string; resource: Resource };

/** Names of one class, each with its value: sent together, and one by one where the API rejects them together. */
export type Contradiction = {
  name: string;
  /** The object that the path names: A's, or B's own. */
  names: 'object of A' | 'own object';
  in: 'query' | 'body' | 'headers';
  fits: (operation: Operation, place: 'item' | 'list') => string | undefined;
  values: (claim: Claim) => readonly (readonly [name: string, value: unknown])[];
};

const COULD_HARM = 'the request could change objects that this run did not create';
const HAS_NO_OBJECT = 'a list names no object in its path';
const TAKES_NO_BODY = 'a read takes no body';

/** Of gateways and proxies that authenticate, and of applications. */
const OWNER_HEADERS = [
  'X-User-Id',
  'X-User',
  'X-Username',
  'X-Owner-Id',
  'X-Account-Id',
  'X-Tenant-Id',
  'X-Tenant',
  'X-Org-Id',
  'X-Organization-Id',
  'X-Customer-Id',
  'X-Impersonate-User',
  'X-On-Behalf-Of',
  'X-Act-As',
  'Impersonate-User',
  'X-Forwarded-User',
  'X-Remote-User',
  'Remote-User',
  'X-Auth-Request-User',
  'X-Authenticated-Userid',
  'X-Consumer-Custom-Id',
  'X-Hasura-User-Id',
  'X-Ms-Client-Principal-Id',
];

const always = (): undefined => undefined;
const readsOnly = ({ method }: Operation): string | undefined => (method === 'GET' ? undefined : COULD_HARM);
const writesOnly = ({ method }: Operation): string | undefined => (method === 'GET' ? TAKES_NO_BODY : undefined);

export const CONTRADICTIONS: readonly Contradiction[] = [
  {
    name: 'its id in the query',
    names: 'own object',
    in: 'query',
    fits: always,
    values: ({ id, resource }) =>
      [...namesOfId(resource), 'id[]', 'ids[]', 'filter[id]', 'filter[ids]', 'id[in]', 'id__in', 'id[eq]', 'ids.in'].map((name) => [name, id]),
  },
  {
    name: 'a condition in the query',
    names: 'own object',
    in: 'query',
    fits: readsOnly,
    values: ({ id, jsonId, resource: { idProperty } }) => [
      ['where', JSON.stringify({ [idProperty]: jsonId })],
      ['filter', JSON.stringify({ where: { [idProperty]: jsonId } })],
      ['query', JSON.stringify({ [idProperty]: jsonId })],
      ['$filter', `${idProperty} eq ${id}`],
      ['conditions', `${idProperty}=${id}`],
      [idProperty, `eq.${id}`],
      ['or', `(${idProperty}.eq.${id})`],
    ],
  },
  {
    name: 'another owner in the query',
    names: 'object of A',
    in: 'query',
    fits: always,
    values: ({ owner, resource }) =>
      [...namesOfOwner(resource), 'filter[user_id]', 'as', 'as_user', 'on_behalf_of', 'impersonate'].map((name) => [name, owner]),
  },
  {
    name: 'a wider scope in the query',
    names: 'object of A',
    in: 'query',
    fits: readsOnly,
    values: () => [
      ...['all', 'admin', 'is_admin', 'everyone', 'shared', 'public', 'include_all', 'show_all', 'debug'].map((name) => [name, 'true'] as const),
      ...['scope', 'view', 'visibility', 'owner'].map((name) => [name, 'all'] as const),
      ...['mine', 'own', 'only_mine'].map((name) => [name, 'false'] as const),
      ['role', 'admin'],
    ],
  },
  {
    name: 'another owner in headers',
    names: 'object of A',
    in: 'headers',
    fits: always,
    values: ({ owner }) => OWNER_HEADERS.map((name) => [name, owner]),
  },
  {
    name: 'its id in the body',
    names: 'own object',
    in: 'body',
    fits: (operation, place) => (place === 'list' ? HAS_NO_OBJECT : writesOnly(operation)),
    values: ({ jsonId, resource }) => namesOfId(resource).map((name) => [name, name.endsWith('s') ? [jsonId] : jsonId]),
  },
  {
    name: 'another owner in the body',
    names: 'own object',
    in: 'body',
    fits: (operation, place) => (place === 'list' ? HAS_NO_OBJECT : writesOnly(operation)),
    values: ({ owner, resource }) => namesOfOwner(resource).map((name) => [name, owner]),
  },
];

function namesOfId({ idProperty, name }: Resource): string[] {
  const one = name.replace(/^.*\//, '').replace(/s$/, '');
  return [...new Set([idProperty, 'id', '_id', 'uuid', `${one}_id`, `${one}Id`, 'ids', `${one}_ids`])];
}

function namesOfOwner({ ownerProperty }: Resource): string[] {
  return [
    ...new Set([
      ownerProperty,
      'user_id',
      'userId',
      'user',
      'owner',
      'owner_id',
      'ownerId',
      'account_id',
      'tenant_id',
      'tenantId',
      'created_by',
      'author_id',
    ]),
  ];
}
