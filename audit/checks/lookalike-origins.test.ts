import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookAlikes, relatives, wireOnlyOrigins } from './lookalike-origins.ts';

const APPS = ['https://tasks-app.vercel.app', 'https://example.com', 'https://app.eu.example.co.uk', 'https://localhost:5173'];
/** Origins a rehearsal or an on-premises app may have. */
const UNUSUAL = ['https://tasks-app.example:8443', 'https://localhost', 'https://127.0.0.1:5173'];

function assertSound(app: string): void {
  const all = lookAlikes(app);
  for (const { kind, origin } of all) {
    assert.equal(URL.parse(origin)?.origin, origin, `${kind} is no origin a page can have`);
    assert.notEqual(origin, app, `${kind} is the app itself`);
  }
  assert.equal(new Set(all.map(({ origin }) => origin)).size, all.length, 'one is there twice');
  for (const { kind, origin } of wireOnlyOrigins(app)) assert.notEqual(origin, app, `${kind} is the app itself`);
}

describe('look-alikes', () => {
  for (const app of APPS) {
    test(`of ${app} are origins, differ from it and from each other`, () => assertSound(app));
  }
  for (const app of UNUSUAL) {
    test(`of ${app} are origins, differ from it and from each other`, () => assertSound(app));
  }

  test('each gets past one mistake that allowlists make', () => {
    const app = 'https://tasks-app.vercel.app';
    const origins = new Map(lookAlikes(app).map(({ kind, origin }) => [kind, origin]));
    const mistakes: Readonly<Record<string, (origin: string) => boolean>> = {
      suffix: (origin) => origin.startsWith(app),
      prefix: (origin) => origin.endsWith('tasks-app.vercel.app'),
      sibling: (origin) => /^https:\/\/tasks-app.*\.vercel\.app$/.test(origin),
      'preview sibling': (origin) => /^https:\/\/tasks-app-git-.*\.vercel\.app$/.test(origin),
      'dot replaced': (origin) => /^https:\/\/tasks-app.vercel.app$/.test(origin),
      subdomain: (origin) => origin.endsWith('.tasks-app.vercel.app'),
      foreign: () => true,
    };
    assert.deepEqual([...origins.keys()].toSorted(), Object.keys(mistakes).toSorted());
    for (const [kind, lets] of Object.entries(mistakes))
      assert.ok(lets(origins.get(kind) ?? ''), `${kind} (${origins.get(kind)}) does not get past it`);
  });
});

describe('relatives', () => {
  const of = (app: string): Record<string, string> => Object.fromEntries(relatives(app).map(({ kind, origin }) => [kind, origin]));

  test('are those of the registrable domain, wherever the public suffix ends', () => {
    assert.deepEqual(of('https://tasks-app.vercel.app'), {
      'public suffix': 'https://vercel.app',
      'another name on the suffix': 'https://audit-evil.vercel.app',
      'neighbour in the domain': 'https://evil.tasks-app.vercel.app',
      'domain that ends alike': 'https://eviltasks-app.vercel.app',
      'domain that begins alike': 'https://tasks-app-evil.vercel.app',
      'same name on another suffix': 'https://tasks-app.netlify.app',
    });
    const { 'public suffix': suffix, 'registrable domain': domain, 'domain that begins alike': alike } = of('https://app.eu.example.co.uk');
    assert.deepEqual([suffix, domain, alike], ['https://co.uk', 'https://example.co.uk', 'https://example-evil.co.uk']);
  });

  test('are none of an address, or of a name without a suffix', () => {
    for (const app of ['https://127.0.0.1:5173', 'https://localhost']) assert.deepEqual(relatives(app), []);
  });

  test('are origins that differ from the app', () => {
    for (const app of [...APPS, ...UNUSUAL])
      for (const { origin } of relatives(app)) assert.ok(URL.parse(origin)?.origin === origin && origin !== app);
  });
});

describe('values for the http alone', () => {
  test('differ from the app and hold the ones that real parsers get wrong', () => {
    const origins = wireOnlyOrigins('https://tasks-app.vercel.app').map(({ origin }) => origin);
    assert.equal(new Set(origins).size, origins.length);
    for (const wanted of [
      'null',
      '*',
      'http://tasks-app.vercel.app',
      'https://tasks-app.vercel.app/',
      'https://tasks-app.vercel.app:8443',
      'HTTPS://TASKS-APP.VERCEL.APP',
      'https://tasks-app.vercel.app, https://evil.example',
      'http://localhost:3000',
    ]) {
      assert.ok(origins.includes(wanted), `${wanted} is missing`);
    }
  });

  test('can be sent in a header', () => {
    for (const { kind, origin } of wireOnlyOrigins('https://tasks-app.vercel.app')) assert.match(origin, /^[\x20-\x7e]+$/, kind);
  });
});
