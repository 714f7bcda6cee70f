import { placeOf } from '../../contract/contract.ts';
import { type Operation, type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { FOREIGN_ORIGIN, lookalikeOrigins, rawOrigins, relatedOrigins, type UnlistedOrigin } from '../lookalike-origins.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { bodyOf, newCanaryText, type Victim } from '../../gather/tenants.ts';

export type HttpCorsEvidence = {
  appOrigin: string;
  /** Every origin that should be allowed. */
  listed: readonly { origin: string; get: Exchange; preflight: Exchange }[];
  /** Headers that the pages send, by the contract and the config file; in lower case. */
  neededHeaders: readonly string[];
  /** Preflights of the app's origin, one for each method of the contract. */
  preflights: readonly { method: string; exchange: Exchange }[];
  /** A preflight of the app's origin for a method and a header that no API needs. */
  excessivePreflight: Exchange;
  /** A preflight of the app's origin that requests private network access. */
  privateNetwork: Exchange;
  unlisted: readonly { kind: string; origin: string; get: Exchange; preflight: Exchange }[];
  twoOrigins: Exchange;
  /**
   * Each protected operation with the owner's token and a disallowed origin, and its preflight. Without `exchange` it was tried
   * by preflight only: it writes to something that this run did not create.
   */
  everyOperation: readonly { operation: string; endpoint: string; exchange?: Exchange; preflight: Exchange }[];
  /** Creations without an origin whose bodies a page can send without a preflight, and one from a disallowed origin in upper case. */
  simpleWrites: readonly Exchange[];
  /** Creations with the owner's token and a disallowed origin, in each content type of a form. */
  creations: readonly Exchange[];
  /** For each collection the attacked object, and what its owner reads afterwards. */
  victims: readonly { name: string; victim: Victim; after: Exchange; listAfter: Exchange }[];
  /** The text that every rejected write contains. */
  rejectedText: string;
};

export const httpCorsEvidence: Evidence<HttpCorsEvidence> = { name: 'http-cors', area: 'cors-http', gather: gatherHttpCors };

export async function gatherHttpCors(context: GatherContext): Promise<HttpCorsEvidence> {
  const allowed = [context.target.appOrigin, ...context.config.origins];
  const listed = await Promise.all(allowed.map((origin) => tryListedOrigin(context, origin)));
  const preflights = await gatherPreflights(context);
  const unlisted = await Promise.all(unlistedOrigins(allowed).map((origin) => tryUnlistedOrigin(context, origin)));
  const twoOrigins = await get(context, 'GET with two Origin headers', context.target.appOrigin, 'https://evil.example');
  return { appOrigin: context.target.appOrigin, listed, ...preflights, unlisted, twoOrigins, ...(await gatherWrites(context)) };
}

async function tryListedOrigin(context: GatherContext, origin: string): Promise<HttpCorsEvidence['listed'][number]> {
  return {
    origin,
    get: await get(context, `GET from the listed ${origin}`, origin),
    preflight: await preflight(context, `preflight from the listed ${origin}`, { origin, method: 'DELETE' }),
  };
}

async function tryUnlistedOrigin(context: GatherContext, { kind, origin }: UnlistedOrigin): Promise<HttpCorsEvidence['unlisted'][number]> {
  const [response, preflightResponse] = await Promise.all([
    get(context, `GET from ${kind}`, origin),
    preflight(context, `preflight from ${kind}`, { origin, method: 'DELETE' }),
  ]);
  return { kind, origin, get: response, preflight: preflightResponse };
}

/** Derived from each allowed origin, without the allowed ones. */
function unlistedOrigins(allowed: readonly string[]): UnlistedOrigin[] {
  const foreign = { kind: 'foreign', origin: FOREIGN_ORIGIN };
  const all = [foreign, ...allowed.flatMap((origin) => [...lookalikeOrigins(origin), ...relatedOrigins(origin), ...rawOrigins(origin)])];
  return [...new Map(all.map((each) => [each.origin, each])).values()].filter(({ origin }) => !allowed.includes(origin));
}

type Preflights = Pick<HttpCorsEvidence, 'neededHeaders' | 'preflights' | 'excessivePreflight' | 'privateNetwork'>;

/** Preflights of the app. */
async function gatherPreflights(context: GatherContext): Promise<Preflights> {
  const { config, contract, target } = context;
  const origin = target.appOrigin;
  const methods = [...new Set(protectedOperations(context).map(({ method }) => method))];
  const declared = config.requestHeaders.map((name) => name.toLowerCase());
  const neededHeaders = [...new Set(['authorization', 'content-type', ...contract.requestHeaders, ...declared])];
  const preflights = await Promise.all(
    methods.map(async (method) => ({
      method,
      exchange: await preflight(context, `the app's preflight for ${method}`, { origin, method, requestedHeaders: neededHeaders.join() }),
    })),
  );
  const excessivePreflight = await preflight(context, "the app's preflight for TRACE and an unknown header", {
    origin,
    method: 'TRACE',
    requestedHeaders: 'authorization,x-evil',
  });
  // A separate request: some frameworks reject the whole preflight that requests this.
  const privateNetwork = await preflight(context, "the app's preflight for private network access", {
    origin,
    method: 'GET',
    headers: [['Access-Control-Request-Private-Network', 'true']],
  });
  return { neededHeaders, preflights, excessivePreflight, privateNetwork };
}

type Writes = Pick<HttpCorsEvidence, 'everyOperation' | 'simpleWrites' | 'creations' | 'victims' | 'rejectedText'>;
type Attacked = { resource: Resource; victim: Victim };

async function gatherWrites(context: GatherContext): Promise<Writes> {
  const attacked = await Promise.all(
    context.contract.resources.map(async (resource): Promise<Attacked> => {
      const purpose = `object of ${resource.name} for raw requests from a disallowed origin`;
      return { resource, victim: await context.objectsOf(resource).createVictim('tenant A', purpose) };
    }),
  );
  const rejectedText = newCanaryText();
  const [everyOperation, creations, simpleWrites] = await Promise.all([
    Promise.all(protectedOperations(context).map((operation) => tryOperation(context, operation, attacked, rejectedText))),
    Promise.all(createAsForms(context, rejectedText)),
    Promise.all(createWithSimpleBodies(context, rejectedText)),
  ]);
  const victims = await Promise.all(
    attacked.map(async ({ resource, victim }) => ({
      name: resource.name,
      victim,
      after: await context.objectsOf(resource).read('tenant A', victim.id, 'the owner reads it after the rejected writes'),
      listAfter: (await context.objectsOf(resource).findMarked('tenant A')).exchange,
    })),
  );
  return { everyOperation, creations, simpleWrites, victims, rejectedText };
}

/** A write to something that this run did not create is tried by preflight only. */
async function tryOperation(
  context: GatherContext,
  operation: Operation,
  attacked: readonly Attacked[],
  text: string,
): Promise<HttpCorsEvidence['everyOperation'][number]> {
  const { contract, http } = context;
  const place = placeOf(contract, operation);
  const victim = attacked.find(({ resource }) => resource === place?.resource)?.victim;
  const id = place?.resource === undefined ? contract.resource.unknownId : (victim?.id ?? '');
  const path = place === undefined ? operation.path : pathOfItem(operation, id);
  const purpose = `${operation.id} from a disallowed origin`;
  const send = (): Promise<Exchange> =>
    http.send({
      actor: 'tenant A',
      purpose,
      method: operation.method,
      path,
      headers: [['Origin', FOREIGN_ORIGIN]],
      ...bodyOf(operation, place?.resource ?? contract.resource, text),
    });
  const [exchange, preflightResponse] = await Promise.all([
    place && send(),
    preflight(context, `preflight for ${purpose}`, { origin: FOREIGN_ORIGIN, method: operation.method, path }),
  ]);
  return { operation: operation.id, endpoint: `${operation.method} ${operation.path}`, ...(exchange && { exchange }), preflight: preflightResponse };
}

/** Besides JSON the content types that a browser sends without a preflight. */
function createAsForms(context: GatherContext, text: string): Promise<Exchange>[] {
  const body = JSON.stringify(valuesFor(context, text));
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];
  return types.map((type) => post(context, `POST as ${type} from a disallowed origin`, type, body, { origin: FOREIGN_ORIGIN }));
}

/** If a body parser accepts these, any page can write to the API as soon as the allowlist has one wrong entry. */
function createWithSimpleBodies(context: GatherContext, text: string): Promise<Exchange>[] {
  const values = valuesFor(context, text);
  const form = new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
  const upperCase = { path: context.contract.resource.create.path.toUpperCase(), origin: FOREIGN_ORIGIN };
  return [
    post(context, 'JSON as text/plain', 'text/plain', JSON.stringify(values)),
    post(context, 'a form', 'application/x-www-form-urlencoded', form.toString()),
    post(context, 'POST in upper case from a disallowed origin', 'application/json', JSON.stringify(values), upperCase),
  ];
}

function valuesFor({ contract: { resource } }: GatherContext, text: string): object {
  return { ...(resource.create.sample as object), [resource.textProperty]: text };
}

/** A creation with the owner's token. */
function post(
  { http, contract }: GatherContext,
  purpose: string,
  type: string,
  body: string,
  { path = contract.resource.create.path, origin }: { path?: string; origin?: string } = {},
): Promise<Exchange> {
  const headers = [...(origin === undefined ? [] : [['Origin', origin] as const]), ['Content-Type', type] as const];
  return http.send({ actor: 'tenant A', purpose, method: 'POST', path, headers, body });
}

function protectedOperations({ contract }: GatherContext): Operation[] {
  return contract.operations.filter((operation) => operation.protected);
}

/** Reads the list with a token. */
function get({ http, contract }: GatherContext, purpose: string, ...origins: readonly string[]): Promise<Exchange> {
  const headers = origins.map((origin) => ['Origin', origin] as const);
  return http.send({ actor: 'limited tenant', purpose, path: contract.resource.list.path, headers });
}

type Preflight = {
  origin: string;
  method: string;
  requestedHeaders?: string;
  headers?: readonly (readonly [string, string])[];
  /** Without it the list. */
  path?: string;
};

function preflight(
  { http, contract }: GatherContext,
  purpose: string,
  { origin, method, requestedHeaders = 'authorization', headers = [], path = contract.resource.list.path }: Preflight,
): Promise<Exchange> {
  return http.send({
    actor: 'anonymous',
    purpose,
    method: 'OPTIONS',
    path,
    headers: [['Origin', origin], ['Access-Control-Request-Method', method], ['Access-Control-Request-Headers', requestedHeaders], ...headers],
  });
}
