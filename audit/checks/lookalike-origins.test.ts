import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookalikeOrigins, relatedOrigins, rawOrigins } from './lookalike-origins.ts';

const APPS = ['https://tasks-app.vercel.app', 'https://example.com', 'https://app.eu.example.co.uk', 'https://localhost:5173'];
/** Origins a rehearsal or an on-premises app may have. */
const UNUSUAL = ['https://tasks-app.example:8443', 'https://localhost', 'https://127.0.0.1:5173'];

function assertSound(app: string): void {
  const all = lookalikeOrigins(app);
  for (const { kind, origin } of all) {
    assert.equal(URL.parse(origin)?.origin, origin, `${kind} is not an origin that a page can have`);
    assert.notEqual(origin, app, `${kind} is the app itself`);
  }
  assert.equal(new Set(all.map(({ origin }) => origin)).size, all.length, 'one occurs twice');
  for (const { kind, origin } of rawOrigins(app)) assert.notEqual(origin, app, `${kind} is the app itself`);
}

describe('lookalike origins', () => {
  for (const app of APPS) {
    test(`of ${app} are origins, differ from it and from each other`, () => assertSound(app));
  }
  for (const app of UNUSUAL) {
    test(`of ${app} are origins, differ from it and from each other`, () => assertSound(app));
  }

  test('each matches one common mistake in an allowlist', () => {
    const app = 'https://tasks-app.vercel.app';
    const origins = new Map(lookalikeOrigins(app).map(({ kind, origin }) => [kind, origin]));
    const mistakes: Readonly<Record<string, (origin: string) => boolean>> = {
      suffix: (origin) => origin.startsWith(app),
      prefix: (origin) => origin.endsWith('tasks-app.vercel.app'),
      sibling: (origin) => /^https:\/\/tasks-app.*\.vercel\.app$/.test(origin),
      'preview sibling': (origin) => /^https:\/\/tasks-app-git-.*\.vercel\.app$/.test(origin),
      'dot replaced': (origin) => /^https:\/\/tasks-app.vercel.app$/.test(origin),
      subdomain: (origin) => origin.endsWith('.tasks-app.vercel.app'),
    };
    assert.deepEqual([...origins.keys()].toSorted(), Object.keys(mistakes).toSorted());
    for (const [kind, allows] of Object.entries(mistakes))
      assert.ok(allows(origins.get(kind) ?? ''), `${kind} (${origins.get(kind)}) does not match the mistake`);
  });
});

describe('related origins', () => {
  const of = (app: string): Record<string, string> => Object.fromEntries(relatedOrigins(app).map(({ kind, origin }) => [kind, origin]));

  test('are around the registrable domain, for each length of the public suffix', () => {
    assert.deepEqual(of('https://tasks-app.vercel.app'), {
      'public suffix': 'https://vercel.app',
      'another name on the suffix': 'https://audit-evil.vercel.app',
      'neighbor in the domain': 'https://evil.tasks-app.vercel.app',
      'domain with the same end': 'https://eviltasks-app.vercel.app',
      'domain with the same start': 'https://tasks-app-evil.vercel.app',
      'same name on another suffix': 'https://tasks-app.netlify.app',
    });
    const { 'public suffix': suffix, 'registrable domain': domain, 'domain with the same start': sameStart } = of('https://app.eu.example.co.uk');
    assert.deepEqual([suffix, domain, sameStart], ['https://co.uk', 'https://example.co.uk', 'https://example-evil.co.uk']);
  });

  test('do not exist for an address, and for a name without a suffix', () => {
    for (const app of ['https://127.0.0.1:5173', 'https://localhost']) assert.deepEqual(relatedOrigins(app), []);
  });

  test('are origins that differ from the app', () => {
    for (const app of [...APPS, ...UNUSUAL])
      for (const { origin } of relatedOrigins(app)) assert.ok(URL.parse(origin)?.origin === origin && origin !== app);
  });
});

describe('raw origins', () => {
  test('differ from the app and include those that parsers get wrong', () => {
    const origins = rawOrigins('https://tasks-app.vercel.app').map(({ origin }) => origin);
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
    for (const { kind, origin } of rawOrigins('https://tasks-app.vercel.app')) assert.match(origin, /^[\x20-\x7e]+$/, kind);
  });
});
