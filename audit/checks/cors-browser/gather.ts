import { type Operation, pathOfItem, refusalOf } from '../../contract/contract.ts';
import type { BrowserExchange, Exchange } from '../../model/exchange.ts';
import { type LookAlike, lookAlikes } from '../lookalike-origins.ts';
import type { InstalledBrowser } from '../../gather/browser/find-browser.ts';
import type { Kit } from '../../gather/context.ts';
import { PERMISSIVE_ORIGIN } from '../../gather/browser/origin-server.ts';
import type { Engine, PageBrowser, PageOrigin, ScriptedFetch } from '../../gather/browser/page.ts';
import { bodyOf, type Canary, newCanaryText } from '../../gather/tenants.ts';

export type PageEvidence = {
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
  readableErrors: readonly BrowserExchange[];
  /** Names of the headers that the contract has in answers. */
  documentedHeaders: readonly string[];
  refused: readonly PageEvidence[];
  /** The owner's objects and list, after every refused write. Pages of one kind share an object: what they did says nothing of others. */
  victims: readonly { kinds: readonly string[]; victim: Canary; after: Exchange }[];
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

/** The matrix origin x method, in Chromium. */
export async function probeBrowserCors(kit: Kit): Promise<BrowserCorsEvidence> {
  return askFromPages(kit, await kit.browser(), lookAlikes(kit.target.appOrigin));
}

/** Its core in another engine: the app's page, a foreign one, and one without an origin. */
export async function probeOtherBrowser(kit: Kit, installed: InstalledBrowser): Promise<BrowserCorsEvidence> {
  const { appOrigin } = kit.target;
  const strangers = lookAlikes(appOrigin).filter(({ kind }) => kind === 'foreign');
  const browser = await kit.otherBrowser(installed, [appOrigin, ...strangers.map(({ origin }) => origin)]);
  try {
    return await askFromPages(kit, browser, strangers);
  } finally {
    await browser.close();
  }
}

async function askFromPages(kit: Kit, browser: PageBrowser, strangers: readonly LookAlike[]): Promise<BrowserCorsEvidence> {
  const { resource } = kit.contract;
  const api = kit.target.apiUrl;
  const app = { origin: kit.target.appOrigin };
  const foreign = strangers.filter(({ kind }) => kind === 'foreign').map(({ kind, origin }) => ({ kind, page: { origin } }));
  const lookingAlike = strangers.filter(({ kind }) => kind !== 'foreign').map(({ kind, origin }) => ({ kind, page: { origin } }));
  const sandboxed = { kind: 'null (sandboxed page)', page: opaque(app.origin) };
  const groups = await Promise.all(
    [foreign, lookingAlike, [sandboxed]]
      .filter(({ length }) => length > 0)
      .map(async (pages) => ({ pages, victim: await kit.objects.create('tenant A', 'object that refused pages attack') })),
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
  const simple: ScriptedFetch = { actor: 'anonymous', purpose: 'simple GET', method: 'GET', url: `${api}${kit.contract.health.path}` };
  const controls: ScriptedFetch[] = [
    { actor: 'anonymous', purpose: 'control: simple GET of a permissive host', method: 'GET', url: `${PERMISSIVE_ORIGIN}/simple` },
    { actor: 'anonymous', purpose: 'control: preflighted DELETE of a permissive host', method: 'DELETE', url: `${PERMISSIVE_ORIGIN}/preflighted` },
  ];
  const examineAllowed = async (): Promise<Pick<BrowserCorsEvidence, 'allowed' | 'readableErrors'>> => {
    // An object for each operation, so that none waits for another, and none finds what another has deleted. Another tenant's
    // than those under attack: what is allowed here and goes too far does not look like an attack that came through.
    const mine = new Map(
      await Promise.all(resource.onItem.map(async ({ id }) => [id, await kit.objects.create('tenant B', "object the app's page works on")] as const)),
    );
    const all = writes('tenant B', ({ id }) => mine.get(id)?.id, newCanaryText);
    // The list is asked for by GET and by POST: in one context the preflight of one would answer for the other.
    const ofList = all.filter(({ purpose }) => purpose === 'preflighted GET').slice(0, 1);
    const others = all.filter((request) => !ofList.includes(request));
    const invalid = String(refusalOf(resource.create, 422, 400));
    const unknown = `${api}${pathOfItem(resource.read, resource.unknownId)}`;
    const errors: ScriptedFetch[] = [
      { actor: 'anonymous', purpose: '401', method: 'GET', url: `${unknown}?nobody` },
      { actor: 'tenant B', purpose: '404', method: 'GET', url: unknown },
      { actor: 'tenant B', purpose: invalid, method: 'POST', url: `${api}${resource.create.path}?empty`, headers: json, body: '{}' },
    ];
    const [first, second] = await Promise.all([
      browser.fetchFrom(app, [...controls, simple, ...ofList]),
      browser.fetchFrom(app, [...others, ...errors]),
    ]);
    const [read, write] = [first.slice(controls.length), second.slice(0, others.length)];
    return {
      allowed: { kind: 'the app', origin: app.origin, controls: first.slice(0, controls.length), fetches: [...read, ...write] },
      readableErrors: second.slice(others.length),
    };
  };

  const refusedText = (): string => {
    const text = newCanaryText();
    refusedTexts.push(text);
    return text;
  };
  const examineRefused = async (kind: string, page: PageOrigin, victim: Canary): Promise<PageEvidence> => {
    const [simpleControl, preflightedControl, ...fetches] = await browser.fetchFrom(page, [
      ...controls,
      simple,
      ...atUrlsOfTheirOwn(writes('tenant A', () => victim.id, refusedText)),
    ]);
    if (simpleControl === undefined || preflightedControl === undefined) throw new Error('unreachable: every fetch gives an exchange');
    return { kind, origin: page.opaque === true ? 'null' : page.origin, controls: [simpleControl, preflightedControl], fetches };
  };
  // Each page has a context of its own, so they need not wait for each other.
  const [{ allowed, readableErrors }, ...refused] = await Promise.all([
    examineAllowed(),
    ...groups.flatMap(({ pages, victim }) => pages.map(({ kind, page }) => examineRefused(kind, page, victim))),
  ]);

  const victims = await Promise.all(
    groups.map(async ({ pages, victim }) => ({
      kinds: pages.map(({ kind }) => kind),
      victim,
      after: await kit.objects.read('tenant A', victim.id, 'owner reads again after refused writes'),
    })),
  );
  const { exchange: listAfter } = await kit.objects.findMarked('tenant A');
  return {
    engine: browser.engine,
    version: browser.version,
    preflightsSeenByControl: browser.preflightsSeenByControl(),
    allowed,
    readableErrors,
    documentedHeaders: kit.contract.responseHeaders,
    refused,
    victims,
    listAfter,
    refusedTexts,
  };
}

/** What a query adds is of no consequence where the origin is refused, and keeps one preflight from answering for another. */
function atUrlsOfTheirOwn(requests: readonly ScriptedFetch[]): ScriptedFetch[] {
  return requests.map((request, index) => ({ ...request, url: `${request.url}?probe=${index}` }));
}
