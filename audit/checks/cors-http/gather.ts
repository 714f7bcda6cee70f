import { placeOf } from '../../contract/contract.ts';
import { type Operation, type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { FOREIGN_ORIGIN, type LookAlike, lookAlikes, relatives, wireOnlyOrigins } from '../lookalike-origins.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { bodyOf, type Canary, newCanaryText } from '../../gather/tenants.ts';

export type HttpCorsEvidence = {
  appOrigin: string;
  /** Every origin that is to be allowed. */
  listed: readonly { origin: string; get: Exchange; preflight: Exchange }[];
  /** What its pages send, by the contract and the config file; in lower case. */
  neededHeaders: readonly string[];
  /** Preflights of the app's origin, one for each method of the contract. */
  preflights: readonly { method: string; exchange: Exchange }[];
  /** The same with a header no API needs. */
  greedyPreflight: Exchange;
  /** The same as if the API were in a private network. */
  privateNetwork: Exchange;
  refused: readonly { kind: string; origin: string; get: Exchange; preflight: Exchange }[];
  twoOrigins: Exchange;
  /**
   * Each protected operation with the owner's token and a disallowed origin, and its preflight. Without `exchange` it was tried
   * by preflight only: it writes to something that this run did not create.
   */
  everyOperation: readonly { operation: string; endpoint: string; exchange?: Exchange; preflight: Exchange }[];
  /** Bodies that a page can send without a preflight, without an origin; and a foreign write at the path in other letters. */
  simpleWrites: readonly Exchange[];
  /** Creations with the owner's own token and a disallowed origin, in each content type that a form can have. */
  creations: readonly Exchange[];
  /** Of each collection: the object under attack, and what its owner finds afterwards. */
  victims: readonly { name: string; victim: Canary; after: Exchange; listAfter: Exchange }[];
  refusedText: string;
};

export const httpCorsEvidence: Evidence<HttpCorsEvidence> = { name: 'http-cors', area: 'cors-http', gather: gatherHttpCors };

export async function gatherHttpCors(context: GatherContext): Promise<HttpCorsEvidence> {
  const { http, target, contract } = context;
  const { resource } = contract;
  const methods = [...new Set(contract.operations.filter((operation) => operation.protected).map(({ method }) => method))];
  const ask = (
    origin: string,
    method: string,
    requested: string,
    purpose: string,
    more: readonly (readonly [string, string])[] = [],
    path = resource.list.path,
  ): Promise<Exchange> =>
    http.send({
      actor: 'anonymous',
      purpose,
      method: 'OPTIONS',
      path,
      headers: [['Origin', origin], ['Access-Control-Request-Method', method], ['Access-Control-Request-Headers', requested], ...more],
    });

  const allowed = [target.appOrigin, ...context.config.origins];
  const listed = await Promise.all(
    allowed.map(async (origin) => ({
      origin,
      get: await http.send({
        actor: 'limited tenant',
        purpose: `GET from the listed ${origin}`,
        path: resource.list.path,
        headers: [['Origin', origin]],
      }),
      preflight: await ask(origin, 'DELETE', 'authorization', `preflight from the listed ${origin}`),
    })),
  );
  const declared = context.config.requestHeaders.map((name) => name.toLowerCase());
  const neededHeaders = [...new Set(['authorization', 'content-type', ...contract.requestHeaders, ...declared])];
  const preflights = await Promise.all(
    methods.map(async (method) => ({
      method,
      exchange: await ask(target.appOrigin, method, neededHeaders.join(), `the app's preflight for ${method}`),
    })),
  );
  const greedyPreflight = await ask(target.appOrigin, 'TRACE', 'authorization,x-evil', "the app's preflight for too much");
  // By itself: some frameworks refuse the whole preflight that asks for this.
  const privateNetwork = await ask(target.appOrigin, 'GET', 'authorization', "the app's preflight for a private network", [
    ['Access-Control-Request-Private-Network', 'true'],
  ]);
  const refused = await Promise.all(
    strangersOf(allowed).map(async ({ kind, origin }: LookAlike) => {
      const [get, preflight] = await Promise.all([
        http.send({ actor: 'limited tenant', purpose: `GET from ${kind}`, path: resource.list.path, headers: [['Origin', origin]] }),
        ask(origin, 'DELETE', 'authorization', `preflight from ${kind}`),
      ]);
      return { kind, origin, get, preflight };
    }),
  );
  const twoOrigins = await http.send({
    actor: 'limited tenant',
    purpose: 'GET with two Origin headers',
    path: resource.list.path,
    headers: [
      ['Origin', target.appOrigin],
      ['Origin', 'https://evil.example'],
    ],
  });

  const attacked = await Promise.all(
    contract.resources.map(async (each) => ({
      each,
      victim: await context.objectsOf(each).create('tenant A', `object of ${each.name} that raw foreign requests attack`),
    })),
  );
  const victimIn = (wanted: Resource): string => attacked.find(({ each }) => each === wanted)?.victim.id ?? '';
  const refusedText = newCanaryText();
  const tryFrom = async (operation: Operation): Promise<HttpCorsEvidence['everyOperation'][number]> => {
    const place = placeOf(contract, operation);
    const path =
      place === undefined ? operation.path : pathOfItem(operation, place.resource === undefined ? resource.unknownId : victimIn(place.resource));
    const purpose = `foreign ${operation.id}`;
    const send = (): Promise<Exchange> =>
      http.send({
        actor: 'tenant A',
        purpose,
        method: operation.method,
        path,
        headers: [['Origin', FOREIGN_ORIGIN]],
        ...bodyOf(operation, place?.resource ?? resource, refusedText),
      });
    const [exchange, preflight] = await Promise.all([
      place && send(),
      ask(FOREIGN_ORIGIN, operation.method, 'authorization', `preflight of ${purpose}`, [], path),
    ]);
    return { operation: operation.id, endpoint: `${operation.method} ${operation.path}`, ...(exchange && { exchange }), preflight };
  };
  const [everyOperation, creations, simpleWrites] = await Promise.all([
    Promise.all(contract.operations.filter((operation) => operation.protected).map(tryFrom)),
    Promise.all(foreignCreations(context, refusedText)),
    Promise.all(simpleWritesOf(context, refusedText)),
  ]);
  const victims = await Promise.all(
    attacked.map(async ({ each, victim }) => ({
      name: each.name,
      victim,
      after: await context.objectsOf(each).read('tenant A', victim.id, 'owner reads again after refused raw writes'),
      listAfter: (await context.objectsOf(each).findMarked('tenant A')).exchange,
    })),
  );
  return {
    appOrigin: target.appOrigin,
    listed,
    neededHeaders,
    preflights,
    greedyPreflight,
    privateNetwork,
    refused,
    twoOrigins,
    everyOperation,
    simpleWrites,
    creations,
    victims,
    refusedText,
  };
}

/** Derived from each origin that is allowed, and none of them itself. */
function strangersOf(allowed: readonly string[]): LookAlike[] {
  const all = allowed.flatMap((origin) => [...lookAlikes(origin), ...relatives(origin), ...wireOnlyOrigins(origin)]);
  return [...new Map(all.map((each) => [each.origin, each])).values()].filter(({ origin }) => !allowed.includes(origin));
}

/** What a browser sends without a preflight: text/plain and form encodings. */
function foreignCreations({ http, contract: { resource } }: GatherContext, text: string): Promise<Exchange>[] {
  const body = JSON.stringify({ ...(resource.create.sample as object), [resource.textProperty]: text });
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];
  return types.map((type) =>
    http.send({
      actor: 'tenant A',
      purpose: `foreign POST as ${type}`,
      method: 'POST',
      path: resource.create.path,
      headers: [
        ['Origin', FOREIGN_ORIGIN],
        ['Content-Type', type],
      ],
      body,
    }),
  );
}

/** A parser that takes them is one wrong entry of an allowlist away from being written to by any page. */
function simpleWritesOf({ http, contract: { resource } }: GatherContext, text: string): Promise<Exchange>[] {
  const values = { ...(resource.create.sample as object), [resource.textProperty]: text };
  const form = new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
  const post = (purpose: string, type: string, body: string, path: string, origin: readonly (readonly [string, string])[] = []): Promise<Exchange> =>
    http.send({ actor: 'tenant A', purpose, method: 'POST', path, headers: [...origin, ['Content-Type', type]], body });
  const { path } = resource.create;
  return [
    post('JSON as text/plain', 'text/plain', JSON.stringify(values), path),
    post('a form', 'application/x-www-form-urlencoded', form.toString(), path),
    post('foreign POST in other letters', 'application/json', JSON.stringify(values), path.toUpperCase(), [['Origin', FOREIGN_ORIGIN]]),
  ];
}
