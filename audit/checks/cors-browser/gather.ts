import { type Operation, pathOfItem, refusalOf } from '../../contract/operations.ts';
import type { BrowserExchange, Exchange } from '../../model/exchange.ts';
import { FOREIGN, type LookAlike, lookAlikes } from '../lookalike-origins.ts';
import { findOtherBrowser, type InstalledBrowser } from '../../gather/browser/find-browser.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';
import type { Engine, PageBrowser, PageOrigin, ScriptedFetch } from '../../gather/browser/page.ts';
import { bodyOf, type Canary, newCanaryText } from '../../gather/tenants.ts';

/** A foreign page, one with the opaque origin null, or one at a lookalike of the app's origin. */
export type PageGroup = 'foreign' | 'null' | 'lookalike';

export type PageEvidence = {
  group: PageGroup | 'app';
  kind: string;
  origin: string;
  /** A host that allows everybody, read from the same page: a simple and a preflighted request. */
  controls: readonly BrowserExchange[];
  /** A simple GET first, then each method with Authorization. */
  fetches: BrowserExchange[];
};

export type BrowserCorsEvidence = {
  engine: Engine;
  version: string;
  preflightsSeenByControl: number;
  allowed: PageEvidence;
  /** 401, 404 and the refusal of an invalid body, asked for by a script of the app's own page. */
  readableErrors: readonly { wanted: number; fetch: BrowserExchange }[];
  /** Names of the headers that the contract has in answers. */
  documentedHeaders: readonly string[];
  refused: readonly PageEvidence[];
  /** The owner's objects and list, after every refused write. Pages of one kind share an object: what they did says nothing of others. */
  victims: readonly { group: PageGroup; victim: Canary; after: Exchange }[];
  listAfter: Exchange;
  /** Texts that refused POSTs carried: none may have become an object. */
  refusedTexts: readonly string[];
};

/** A page for each origin that the matrix is asked from; two for the app, which asks for one URL by two methods. */
export function pagesToAskFrom(appOrigin: string): PageOrigin[] {
  const app = { origin: appOrigin };
  return [app, app, opaque(appOrigin), ...lookAlikes(appOrigin).map(({ origin }) => ({ origin }))];
}

/** An opaque origin at the app's own address: all that differs from the allowed page is the word null. */
function opaque(appOrigin: string): PageOrigin {
  return { origin: appOrigin, opaque: true };
}

export const browserCorsEvidence: Evidence<BrowserCorsEvidence> = { name: 'browser-cors', area: 'cors-browser', gather: gatherBrowserCors };

export const firefoxEvidence: Evidence<BrowserCorsEvidence | undefined> = {
  name: 'firefox',
  area: 'cors-browser',
  gather: (context) => gatherOtherBrowser(context, 'firefox'),
};

export const webkitEvidence: Evidence<BrowserCorsEvidence | undefined> = {
  name: 'webkit',
  area: 'cors-browser',
  gather: (context) => gatherOtherBrowser(context, 'webkit'),
};

/** The matrix origin x method, in Chromium. */
async function gatherBrowserCors(context: GatherContext): Promise<BrowserCorsEvidence> {
  return askFromPages(context, await context.browser(), lookAlikes(context.target.appOrigin));
}

/** Its core in another engine: the app's page, a foreign one, and one without an origin. Undefined where it is not installed. */
async function gatherOtherBrowser(context: GatherContext, engine: InstalledBrowser['engine']): Promise<BrowserCorsEvidence | undefined> {
  const { appOrigin, firefox } = context.target;
  const installed = findOtherBrowser(engine, engine === 'firefox' ? firefox : undefined);
  if (installed === undefined) return undefined;
  const strangers = lookAlikes(appOrigin).filter(({ kind }) => kind === FOREIGN);
  const browser = await context.otherBrowser(installed, [appOrigin, ...strangers.map(({ origin }) => origin)]);
  try {
    return await askFromPages(context, browser, strangers);
  } finally {
    await browser.close();
  }
}

async function askFromPages(context: GatherContext, browser: PageBrowser, strangers: readonly LookAlike[]): Promise<BrowserCorsEvidence> {
  const { resource } = context.contract;
  const api = context.target.apiUrl;
  const app = { origin: context.target.appOrigin };
  const pagesOf = (wanted: boolean): { kind: string; page: PageOrigin }[] =>
    strangers.filter(({ kind }) => (kind === FOREIGN) === wanted).map(({ kind, origin }) => ({ kind, page: { origin } }));
  const candidates: { group: PageGroup; pages: { kind: string; page: PageOrigin }[] }[] = [
    { group: 'foreign', pages: pagesOf(true) },
    { group: 'lookalike', pages: pagesOf(false) },
    { group: 'null', pages: [{ kind: 'null (sandboxed page)', page: opaque(app.origin) }] },
  ];
  const groups = await Promise.all(
    candidates
      .filter(({ pages }) => pages.length > 0)
      .map(async (each) => ({ ...each, victim: await context.objects.create('tenant A', 'object that refused pages attack') })),
  );
  const refusedTexts: string[] = [];
  const json = { 'Content-Type': 'application/json' };

  /** Each method with a token: on the collection, and on the objects given for it. */
  const writes = (actor: 'tenant A' | 'tenant B', idFor: (operation: Operation) => string | undefined, text: () => string): ScriptedFetch[] => {
    const body = (): string => JSON.stringify({ ...(resource.create.sample as object), [resource.textProperty]: text() });
    return [
      { actor, purpose: 'preflighted GET', method: 'GET', url: `${api}${resource.list.path}` },
      { actor, purpose: 'preflighted POST', method: 'POST', url: `${api}${resource.create.path}`, headers: json, body: body() },
      ...resource.onItem.map((operation) => ({
        actor,
        purpose: `preflighted ${operation.method}`,
        method: operation.method,
        url: `${api}${pathOfItem(operation, idFor(operation) ?? resource.unknownId)}`,
        ...(operation.sample !== undefined && { headers: json, body: JSON.stringify(bodyOf(operation, resource, text()).body) }),
      })),
    ];
  };
  const simple: ScriptedFetch = { actor: 'anonymous', purpose: 'simple GET', method: 'GET', url: `${api}${context.contract.health.path}` };
  const controls: ScriptedFetch[] = [
    { actor: 'anonymous', purpose: 'control: simple GET of a permissive host', method: 'GET', url: `${PERMISSIVE_ORIGIN}/simple` },
    { actor: 'anonymous', purpose: 'control: preflighted DELETE of a permissive host', method: 'DELETE', url: `${PERMISSIVE_ORIGIN}/preflighted` },
  ];
  const examineAllowed = async (): Promise<Pick<BrowserCorsEvidence, 'allowed' | 'readableErrors'>> => {
    // An object for each operation, so that none waits for another, and none finds what another has deleted. Another tenant's
    // than those under attack: what is allowed here and goes too far does not look like an attack that came through.
    const mine = new Map(
      await Promise.all(
        resource.onItem.map(async ({ id }) => [id, await context.objects.create('tenant B', "object the app's page works on")] as const),
      ),
    );
    const all = writes('tenant B', ({ id }) => mine.get(id)?.id, newCanaryText);
    // The list is asked for by GET and by POST: in one context the preflight of one would answer for the other.
    const ofList = all.filter(({ method, url }) => method === 'GET' && url === `${api}${resource.list.path}`);
    const others = all.filter((request) => !ofList.includes(request));
    const invalid = refusalOf(resource.create, 422, 400);
    const unknown = `${api}${pathOfItem(resource.read, resource.unknownId)}`;
    const errors: { wanted: number; request: ScriptedFetch }[] = [
      { wanted: 401, request: { actor: 'anonymous', purpose: 'no token', method: 'GET', url: `${unknown}?nobody` } },
      { wanted: 404, request: { actor: 'tenant B', purpose: 'an unknown object', method: 'GET', url: unknown } },
      {
        wanted: invalid,
        request: {
          actor: 'tenant B',
          purpose: 'an invalid body',
          method: 'POST',
          url: `${api}${resource.create.path}?empty`,
          headers: json,
          body: '{}',
        },
      },
    ];
    const [first, second] = await Promise.all([
      browser.fetchFrom(app, [...controls, simple, ...ofList]),
      browser.fetchFrom(app, [...others, ...errors.map(({ request }) => request)]),
    ]);
    const [read, write] = [first.slice(controls.length), second.slice(0, others.length)];
    return {
      allowed: { group: 'app', kind: 'the app', origin: app.origin, controls: first.slice(0, controls.length), fetches: [...read, ...write] },
      readableErrors: second.slice(others.length).map((fetch, index) => ({ wanted: errors[index]?.wanted ?? 0, fetch })),
    };
  };

  const refusedText = (): string => {
    const text = newCanaryText();
    refusedTexts.push(text);
    return text;
  };
  const examineRefused = async (group: PageGroup, kind: string, page: PageOrigin, victim: Canary): Promise<PageEvidence> => {
    const [simpleControl, preflightedControl, ...fetches] = await browser.fetchFrom(page, [
      ...controls,
      simple,
      ...atUrlsOfTheirOwn(writes('tenant A', () => victim.id, refusedText)),
    ]);
    if (simpleControl === undefined || preflightedControl === undefined) throw new Error('unreachable: every fetch gives an exchange');
    return { group, kind, origin: page.opaque === true ? 'null' : page.origin, controls: [simpleControl, preflightedControl], fetches };
  };
  // Each page has a context of its own, so they need not wait for each other.
  const [{ allowed, readableErrors }, ...refused] = await Promise.all([
    examineAllowed(),
    ...groups.flatMap(({ group, pages, victim }) => pages.map(({ kind, page }) => examineRefused(group, kind, page, victim))),
  ]);

  const victims = await Promise.all(
    groups.map(async ({ group, victim }) => ({
      group,
      victim,
      after: await context.objects.read('tenant A', victim.id, 'owner reads again after refused writes'),
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
    refused,
    victims,
    listAfter,
    refusedTexts,
  };
}

/** What a query adds is of no consequence where the origin is refused, and keeps one preflight from answering for another. */
function atUrlsOfTheirOwn(requests: readonly ScriptedFetch[]): ScriptedFetch[] {
  return requests.map((request, index) => ({ ...request, url: `${request.url}?attempt=${index}` }));
}
