import { randomBytes } from 'node:crypto';
import { readDocument } from '../../contract/read-document.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import { newCanaryText } from '../../gather/tenants.ts';
import type { Actor, Exchange } from '../../model/exchange.ts';
import type { Cell } from '../../model/matrix.ts';
import type { AttackClass } from '../check.ts';
import { FORGED_HOST, INJECTED_HEADER, REDIRECT_HOST } from './bad-input.ts';
import { basePathOf } from './gather.ts';
import { readsOf, withQuery } from './reads.ts';

export type ReflectionCell = Cell<{ exchange: Exchange }>;
export type ReflectionEvidence = { markup: string; cells: readonly ReflectionCell[] };

export const reflectionEvidence: Evidence<ReflectionEvidence> = {
  name: 'reflection',
  isMatrix: true,
  requests: [34, 12],
  area: 'exposure',
  gather: gatherReflection,
};

const HOSTS = 'forged hosts in headers of proxies';
const TARGETS = 'targets of redirects in parameters';
const PATHS = 'another host in the path';
const VALUES = 'markup and line breaks in parameters';

export const REFLECTIONS: readonly AttackClass[] = [
  { name: HOSTS, source: 'host-header-attacks' },
  { name: TARGETS, source: 'open-redirect' },
  { name: PATHS, source: 'open-redirect' },
  { name: VALUES, source: 'reflected-xss' },
];

/** Headers from which frameworks and proxies build absolute URLs. */
const HOST_HEADERS: HttpRequest['headers'] = [
  ['X-Forwarded-Host', FORGED_HOST],
  ['Forwarded', `for=192.0.2.1;host=${FORGED_HOST};proto=https`],
  ['X-Host', FORGED_HOST],
  ['X-Original-Host', FORGED_HOST],
  ['X-Forwarded-Server', FORGED_HOST],
  ['X-HTTP-Host-Override', FORGED_HOST],
  ['X-Forwarded-Prefix', `https://${FORGED_HOST}`],
];
const TARGET_PARAMETERS = [
  'next',
  'redirect',
  'redirect_uri',
  'redirect_url',
  'url',
  'return',
  'returnTo',
  'return_to',
  'continue',
  'dest',
  'goto',
  'callback_url',
];

/** Frameworks that remove or add a slash redirect to a path that browsers read as a host. */
const HOST_PATHS = [
  `//${REDIRECT_HOST}/`,
  `//${REDIRECT_HOST}/%2f..`,
  `/%5c${REDIRECT_HOST}/`,
  `/%2f%2f${REDIRECT_HOST}/`,
  `/.${REDIRECT_HOST}/..//`,
];

/** Every read, every creation and an unknown path, each with values that a response must not repeat in the wrong place. */
export async function gatherReflection(context: GatherContext): Promise<ReflectionEvidence> {
  const { contract, http } = context;
  const random = randomBytes(6).toString('hex');
  const markup = `<audit-${random}>`;
  const reads = await readsOf(context, readDocument(context.target.contractFile), ['tenant A']);
  const unknown = { column: 'an unknown path', path: `/audit-${random}` };
  let count = 0;
  const nextActor = (): Actor => ((count += 1) % 2 === 0 ? 'tenant B' : 'tenant A');
  const targets = TARGET_PARAMETERS.map((name) => `${name}=${encodeURIComponent(`https://${REDIRECT_HOST}/`)}`);
  const value = encodeURIComponent(`${markup}\r\n${INJECTED_HEADER}: 1`);
  const values = ['q', 'search', 'message', 'error', 'lang', 'name', random].map((name) => `${name}=${value}`);
  const attempts: readonly (readonly [row: string, parameters: readonly string[], headers: HttpRequest['headers']])[] = [
    [HOSTS, [], HOST_HEADERS],
    [TARGETS, targets, []],
    [VALUES, values, [['X-Audit-Markup', markup]]],
  ];
  const onRead = [...reads, unknown].flatMap((read) =>
    attempts.map(async ([row, parameters, headers]): Promise<ReflectionCell> => {
      const { column } = read;
      if ('excluded' in read) return { row, column, excluded: read.excluded };
      // Own objects are those of tenant A.
      const exchange = await http.send({ actor: 'tenant A', purpose: row, path: withQuery(read.path, parameters), ...(headers && { headers }) });
      return { row, column, exchange };
    }),
  );
  const onCreation = context.collections().flatMap(({ create, textProperties }) =>
    attempts.map(async ([row, parameters, headers = []]): Promise<ReflectionCell> => {
      const texts = Object.fromEntries(textProperties.map((name) => [name, newCanaryText()]));
      // With a name that the contract does not know, where the response to invalid values is of interest.
      const unknownField = row === VALUES ? { [markup]: markup } : {};
      const body = { ...(create.sample as object), ...texts, ...unknownField };
      const path = withQuery(create.path, parameters);
      return {
        row,
        column: `POST ${create.path}`,
        exchange: await http.send({ actor: nextActor(), purpose: row, method: 'POST', path, headers, body }),
      };
    }),
  );
  const base = basePathOf(contract.resource.list.path);
  const places = [...new Set(['', base])];
  const onPath = places.flatMap((place) =>
    HOST_PATHS.map(async (path): Promise<ReflectionCell> => ({
      row: PATHS,
      column: place === '' ? 'the root' : `below ${place}`,
      exchange: await http.send({ actor: nextActor(), purpose: PATHS, path: place + path }),
    })),
  );
  return { markup, cells: await Promise.all([...onRead, ...onCreation, ...onPath]) };
}
