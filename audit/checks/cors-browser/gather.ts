import { type Operation, pathOfItem, rejectionOf } from '../../contract/operations.ts';
import { openPath } from '../../contract/health.ts';
import type { BrowserExchange, Exchange } from '../../model/exchange.ts';
import { FOREIGN_ORIGIN, lookalikeOrigins, type UnlistedOrigin } from '../lookalike-origins.ts';
import { findOtherBrowser, type InstalledBrowser } from '../../gather/browser/find-browser.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';
import type { Engine, PageBrowser, PageOrigin, ScriptedFetch } from '../../gather/browser/page.ts';
import { bodyOf, type Canary, newCanaryText, type Victim } from '../../gather/tenants.ts';

/** A foreign page, one with the opaque origin null, or one at a lookalike of the app's origin. */
export type PageGroup = 'foreign' | 'null' | 'lookalike';

export type PageEvidence = {
  group: PageGroup | 'app';
  /** For readers, such as "suffix" of a lookalike. */
  kind: string;
  origin: string;
  /** A simple and a preflighted request to a host that allows every origin, from the same page. */
  controls: readonly BrowserExchange[];
  /** A simple GET first, then each method with Authorization. */
  fetches: BrowserExchange[];
};

export type BrowserCorsEvidence = {
  engine: Engine;
  version: string;
  preflightsSeenByControl: number;
  allowed: PageEvidence;
  /** Requests of the app's own page that should return 401, 404 and the status for an invalid body. */
  readableErrors: readonly { expected: number; fetch: BrowserExchange }[];
  /** Names of the response headers that the contract documents. */
  documentedHeaders: readonly string[];
  unlisted: readonly PageEvidence[];
  /** The owner's objects and list, after every rejected write. The pages of a group share an object, which shows what that group did. */
  victims: readonly { group: PageGroup; victim: Victim; after: Exchange }[];
  listAfter: Exchange;
  /** The texts of rejected POSTs: no object may have one. */
  rejectedTexts: readonly string[];
};

/** A page for each origin of the matrix; two for the app, which requests one URL with two methods. */
export function pagesOfMatrix(appOrigin: string): PageOrigin[] {
  const app = { origin: appOrigin };
  return [app, app, opaque(appOrigin), { origin: FOREIGN_ORIGIN }, ...lookalikeOrigins(appOrigin).map(({ origin }) => ({ origin }))];
}

/** An opaque origin at the app's own address: only the Origin header, which is null, differs from the allowed page. */
function opaque(appOrigin: string): PageOrigin {
  return { origin: appOrigin, opaque: true };
}

export const browserCorsEvidence: Evidence<BrowserCorsEvidence> = {
  name: 'browser-cors',
  requests: [35, 35],
  area: 'cors-browser',
  gather: gatherBrowserCors,
};

export const firefoxEvidence = otherBrowserEvidence('firefox');
export const webkitEvidence = otherBrowserEvidence('webkit');

function otherBrowserEvidence(engine: InstalledBrowser['engine']): Evidence<BrowserCorsEvidence | undefined> {
  return { name: engine, area: 'cors-browser', gather: (context) => gatherOtherBrowser(context, engine) };
}

/** The matrix of origins and methods, in Chromium. */
async function gatherBrowserCors(context: GatherContext): Promise<BrowserCorsEvidence> {
  return fetchFromPages(context, await context.browser(), lookalikeOrigins(context.target.appOrigin));
}

/** The app's page, a foreign one and one with the origin null in another engine. Undefined where it is not installed. */
async function gatherOtherBrowser(context: GatherContext, engine: InstalledBrowser['engine']): Promise<BrowserCorsEvidence | undefined> {
  const { appOrigin, firefox } = context.target;
  const installed = findOtherBrowser(engine, engine === 'firefox' ? firefox : undefined);
  if (installed === undefined) return undefined;
  const browser = await context.otherBrowser(installed, [appOrigin, FOREIGN_ORIGIN]);
  try {
    return await fetchFromPages(context, browser, []);
  } finally {
    await browser.close();
  }
}

async function fetchFromPages(context: GatherContext, browser: PageBrowser, lookalikes: readonly UnlistedOrigin[]): Promise<BrowserCorsEvidence> {
  const attacks = await prepareAttacks(context, lookalikes);
  // Each page has its own browser context, so they run concurrently.
  const [{ allowed, readableErrors }, ...unlisted] = await Promise.all([
    fetchFromApp(context, browser),
    ...attacks.flatMap(({ group, pages, victim }) => pages.map((page) => fetchFromUnlisted(context, browser, { group, page, victim }))),
  ]);
  const victims = await Promise.all(
    attacks.map(async ({ group, victim }) => ({
      group,
      victim,
      after: await context.objects.read('tenant A', victim.id, 'the owner reads it after the rejected writes'),
    })),
  );
  const { exchange: listAfter } = await context.objects.findMarked('tenant A');
  return {
    engine: browser.engine,
    version: browser.version,
    preflightsSeenByControl: browser.preflightsSeenByControl(),
    allowed,
    readableErrors,
    documentedHeaders: context.contract.responseHeaders,
    unlisted: unlisted.map(({ page }) => page),
    victims,
    listAfter,
    rejectedTexts: unlisted.flatMap(({ texts }) => texts),
  };
}

type UnlistedPage = { kind: string; at: PageOrigin };
type AttackingGroup = { group: PageGroup; pages: readonly UnlistedPage[]; victim: Victim };

/** The groups that have pages, each with an object for its writes. */
async function prepareAttacks(context: GatherContext, lookalikes: readonly UnlistedOrigin[]): Promise<AttackingGroup[]> {
  const groups: Omit<AttackingGroup, 'victim'>[] = [
    { group: 'foreign', pages: [{ kind: 'foreign', at: { origin: FOREIGN_ORIGIN } }] },
    { group: 'lookalike', pages: lookalikes.map(({ kind, origin }) => ({ kind, at: { origin } })) },
    { group: 'null', pages: [{ kind: 'null (sandboxed page)', at: opaque(context.target.appOrigin) }] },
  ];
  return Promise.all(
    groups
      .filter(({ pages }) => pages.length > 0)
      .map(async (each) => ({ ...each, victim: await context.objects.createVictim('tenant A', 'object for writes of disallowed pages') })),
  );
}

/** What the app's own page should be able to read. */
async function fetchFromApp(context: GatherContext, browser: PageBrowser): Promise<Pick<BrowserCorsEvidence, 'allowed' | 'readableErrors'>> {
  const app = { origin: context.target.appOrigin };
  const { onItem, list } = context.contract.resource;
  // An object for each operation, because they run concurrently, and of another tenant than the attacked ones: an allowed write
  // that goes too far does not look like a successful attack.
  const objects = new Map(
    await Promise.all(onItem.map(async ({ id }) => [id, await context.objects.create('tenant B', "object for the app's page")] as const)),
  );
  const all = preflightedFetches(context, 'tenant B', ({ id }) => objects.get(id)?.id, newCanaryText);
  // The list URL gets a GET and a POST: in one browser context the cached preflight of one would serve the other.
  const ofList = all.filter(({ method, url }) => method === 'GET' && url === `${context.target.apiUrl}${list.path}`);
  const others = all.filter((request) => !ofList.includes(request));
  const errors = errorFetches(context);
  // Without health no documented path succeeds without a token.
  const simple = context.contract.health === undefined ? [] : [simpleFetch(context)];
  const [first, second] = await Promise.all([
    browser.fetchFrom(app, [...CONTROLS, ...simple, ...ofList]),
    browser.fetchFrom(app, [...others, ...errors.map(({ request }) => request)]),
  ]);
  const [controls, reads] = [first.slice(0, CONTROLS.length), first.slice(CONTROLS.length)];
  return {
    allowed: { group: 'app', kind: 'the app', origin: app.origin, controls, fetches: [...reads, ...second.slice(0, others.length)] },
    readableErrors: second.slice(others.length).map((fetch, index) => ({ expected: errors[index]?.expected ?? 0, fetch })),
  };
}

/** What a page at a disallowed origin should not be able to do, and the texts of its writes. */
async function fetchFromUnlisted(
  context: GatherContext,
  browser: PageBrowser,
  { group, page: { kind, at }, victim }: { group: PageGroup; page: UnlistedPage; victim: Canary },
): Promise<{ page: PageEvidence; texts: string[] }> {
  const texts: string[] = [];
  const newText = (): string => {
    const text = newCanaryText();
    texts.push(text);
    return text;
  };
  const writes = atDistinctUrls(preflightedFetches(context, 'tenant A', () => victim.id, newText));
  const all = await browser.fetchFrom(at, [...CONTROLS, simpleFetch(context), ...writes]);
  const [controls, fetches] = [all.slice(0, CONTROLS.length), all.slice(CONTROLS.length)];
  return { page: { group, kind, origin: at.opaque === true ? 'null' : at.origin, controls, fetches }, texts };
}

const CONTROLS: readonly ScriptedFetch[] = [
  { actor: 'anonymous', purpose: 'control: simple GET of a permissive host', method: 'GET', url: `${PERMISSIVE_ORIGIN}/simple` },
  { actor: 'anonymous', purpose: 'control: preflighted DELETE of a permissive host', method: 'DELETE', url: `${PERMISSIVE_ORIGIN}/preflighted` },
];
const JSON_TYPE = { 'Content-Type': 'application/json' };

function simpleFetch({ target, contract }: GatherContext): ScriptedFetch {
  return { actor: 'anonymous', purpose: 'simple GET', method: 'GET', url: `${target.apiUrl}${openPath(contract)}` };
}

/** Each method with a token: on the collection, and on the objects given for it. */
function preflightedFetches(
  { target: { apiUrl }, contract: { resource } }: GatherContext,
  actor: 'tenant A' | 'tenant B',
  idFor: (operation: Operation) => string | undefined,
  newText: () => string,
): ScriptedFetch[] {
  const body = JSON.stringify({ ...(resource.create.sample as object), [resource.textProperty]: newText() });
  return [
    { actor, purpose: 'preflighted GET', method: 'GET', url: `${apiUrl}${resource.list.path}` },
    { actor, purpose: 'preflighted POST', method: 'POST', url: `${apiUrl}${resource.create.path}`, headers: JSON_TYPE, body },
    ...resource.onItem.map((operation) => ({
      actor,
      purpose: `preflighted ${operation.method}`,
      method: operation.method,
      url: `${apiUrl}${pathOfItem(operation, idFor(operation) ?? resource.unknownId)}`,
      ...(operation.sample !== undefined && { headers: JSON_TYPE, body: JSON.stringify(bodyOf(operation, resource, newText()).body) }),
    })),
  ];
}

/** Fetches that return errors, each at another URL. */
function errorFetches({ target, contract: { resource } }: GatherContext): { expected: number; request: ScriptedFetch }[] {
  const unknown = `${target.apiUrl}${pathOfItem(resource.read, resource.unknownId)}`;
  const create = `${target.apiUrl}${resource.create.path}?empty`;
  return [
    { expected: 401, request: { actor: 'anonymous', purpose: 'no token', method: 'GET', url: `${unknown}?anonymous` } },
    { expected: 404, request: { actor: 'tenant B', purpose: 'an unknown object', method: 'GET', url: unknown } },
    {
      expected: rejectionOf(resource.create, 422, 400),
      request: { actor: 'tenant B', purpose: 'an invalid body', method: 'POST', url: create, headers: JSON_TYPE, body: '{}' },
    },
  ];
}

/** Where the origin is rejected a query has no effect, and it prevents one cached preflight from serving another request. */
function atDistinctUrls(requests: readonly ScriptedFetch[]): ScriptedFetch[] {
  return requests.map((request, index) => ({ ...request, url: `${request.url}?attempt=${index}` }));
}
