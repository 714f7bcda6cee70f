import { type Operation, pathOfItem } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import { FOREIGN_ORIGIN, type LookAlike, lookAlikes, relatives, wireOnlyOrigins } from '../origins.ts';
import type { Kit } from './kit.ts';
import { bodyOf, type Canary, newCanaryText } from './tenants.ts';

export type WireCorsEvidence = {
  appOrigin: string;
  /** Every origin that is to be allowed. */
  listed: readonly { origin: string; get: Exchange; preflight: Exchange }[];
  /** What its pages send, by the contract; in lower case. */
  neededHeaders: readonly string[];
  /** Preflights of the app's origin, one for each method of the contract. */
  preflights: readonly { method: string; exchange: Exchange }[];
  /** The same with a header no API needs. */
  greedyPreflight: Exchange;
  /** The same as if the API were in a private network. */
  privateNetwork: Exchange;
  refused: readonly { kind: string; origin: string; get: Exchange; preflight: Exchange }[];
  twoOrigins: Exchange;
  /** Each protected operation, asked for with the owner's token and a foreign origin, and the preflight before it. */
  elsewhere: readonly { operation: string; exchange: Exchange; preflight: Exchange }[];
  /** Bodies that a page can send without a preflight, without an origin; and a foreign write at the path in other letters. */
  simpleWrites: readonly Exchange[];
  /** Writes with the owner's own token and a foreign origin, and what the owner finds afterwards. */
  writes: readonly Exchange[];
  victim: Canary;
  victimAfter: Exchange;
  listAfter: Exchange;
  refusedText: string;
};

export async function probeWireCors(kit: Kit): Promise<WireCorsEvidence> {
  const { wire, target, contract } = kit;
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
    wire.send({
      actor: 'anonymous',
      purpose,
      method: 'OPTIONS',
      path,
      headers: [['Origin', origin], ['Access-Control-Request-Method', method], ['Access-Control-Request-Headers', requested], ...more],
    });

  const allowed = [target.appOrigin, ...kit.config.origins];
  const listed = await Promise.all(
    allowed.map(async (origin) => ({
      origin,
      get: await wire.send({
        actor: 'limited tenant',
        purpose: `GET from the listed ${origin}`,
        path: resource.list.path,
        headers: [['Origin', origin]],
      }),
      preflight: await ask(origin, 'DELETE', 'authorization', `preflight from the listed ${origin}`),
    })),
  );
  const neededHeaders = ['authorization', 'content-type', ...contract.requestHeaders];
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
        wire.send({ actor: 'limited tenant', purpose: `GET from ${kind}`, path: resource.list.path, headers: [['Origin', origin]] }),
        ask(origin, 'DELETE', 'authorization', `preflight from ${kind}`),
      ]);
      return { kind, origin, get, preflight };
    }),
  );
  const twoOrigins = await wire.send({
    actor: 'limited tenant',
    purpose: 'GET with two Origin headers',
    path: resource.list.path,
    headers: [
      ['Origin', target.appOrigin],
      ['Origin', 'https://evil.example'],
    ],
  });

  const elsewhere = await Promise.all(
    contract.operations
      .filter((operation) => operation.protected)
      .map(async (operation) => {
        const { unknownId } = contract.resources.find(({ onItem }) => onItem.some(({ id }) => id === operation.id)) ?? resource;
        const path = pathOfItem(operation, unknownId);
        const purpose = `foreign ${operation.id}`;
        const [exchange, preflight] = await Promise.all([
          wire.send({
            actor: 'tenant A',
            purpose,
            method: operation.method,
            path,
            headers: [['Origin', FOREIGN_ORIGIN]],
            ...(operation.sample !== undefined && { body: operation.sample }),
          }),
          ask(FOREIGN_ORIGIN, operation.method, 'authorization', `preflight of ${purpose}`, [], path),
        ]);
        return { operation: operation.id, exchange, preflight };
      }),
  );

  const victim = await kit.objects.create('tenant A', 'object that raw foreign requests attack');
  const refusedText = newCanaryText();
  const [writes, simpleWrites] = await Promise.all([
    Promise.all(foreignWrites(kit, victim, refusedText)),
    Promise.all(simpleWritesOf(kit, refusedText)),
  ]);
  const victimAfter = await kit.objects.read('tenant A', victim.id, 'owner reads again after refused raw writes');
  const { exchange: listAfter } = await kit.objects.findMarked('tenant A');
  return {
    appOrigin: target.appOrigin,
    listed,
    neededHeaders,
    preflights,
    greedyPreflight,
    privateNetwork,
    refused,
    twoOrigins,
    elsewhere,
    simpleWrites,
    writes,
    victim,
    victimAfter,
    listAfter,
    refusedText,
  };
}

/** Derived from each origin that is allowed, and none of them itself. */
function strangersOf(allowed: readonly string[]): LookAlike[] {
  const all = allowed.flatMap((origin) => [...lookAlikes(origin), ...relatives(origin), ...wireOnlyOrigins(origin)]);
  return [...new Map(all.map((each) => [each.origin, each])).values()].filter(({ origin }) => !allowed.includes(origin));
}

/** Includes what a browser sends without a preflight: text/plain and form encodings. */
function foreignWrites({ wire, contract: { resource } }: Kit, victim: Canary, text: string): Promise<Exchange>[] {
  const origin = ['Origin', FOREIGN_ORIGIN] as const;
  const body = JSON.stringify({ ...(resource.create.sample as object), [resource.textProperty]: text });
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];
  const creations = types.map((type) =>
    wire.send({
      actor: 'tenant A',
      purpose: `foreign POST as ${type}`,
      method: 'POST',
      path: resource.create.path,
      headers: [origin, ['Content-Type', type]],
      body,
    }),
  );
  const changes = resource.onItem
    .filter(({ method }) => method !== 'GET')
    .map((operation: Operation) =>
      wire.send({
        actor: 'tenant A',
        purpose: `foreign ${operation.method}`,
        method: operation.method,
        path: pathOfItem(operation, victim.id),
        headers: [origin],
        ...bodyOf(operation, resource, text),
      }),
    );
  return [...creations, ...changes];
}

/** A parser that takes them is one wrong entry of an allowlist away from being written to by any page. */
function simpleWritesOf({ wire, contract: { resource } }: Kit, text: string): Promise<Exchange>[] {
  const values = { ...(resource.create.sample as object), [resource.textProperty]: text };
  const form = new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
  const post = (purpose: string, type: string, body: string, path: string, origin: readonly (readonly [string, string])[] = []): Promise<Exchange> =>
    wire.send({ actor: 'tenant A', purpose, method: 'POST', path, headers: [...origin, ['Content-Type', type]], body });
  const { path } = resource.create;
  return [
    post('JSON as text/plain', 'text/plain', JSON.stringify(values), path),
    post('a form', 'application/x-www-form-urlencoded', form.toString(), path),
    post('foreign POST in other letters', 'application/json', JSON.stringify(values), path.toUpperCase(), [['Origin', FOREIGN_ORIGIN]]),
  ];
}
