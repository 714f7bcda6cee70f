import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challengeSchemes, directives, isJsonType, mediaType, members, tokens } from './header-fields.ts';

test('separates the members of a list outside of quoted strings', () => {
  assert.deepEqual(members('a, "b, c" ,d'), ['a', '"b, c"', 'd']);
  assert.deepEqual(members(String.raw`x="say \"a, b\"", y`), [String.raw`x="say \"a, b\""`, 'y']);
  assert.deepEqual(members(', a,, b ,'), ['a', 'b']);
  assert.deepEqual(members('a "unclosed, b'), ['a "unclosed', 'b']);
  assert.deepEqual(members(undefined), []);
  assert.deepEqual(tokens('Origin, ACCEPT-encoding'), ['origin', 'accept-encoding']);
});

test('reads directives in any case and order, with and without quotes', () => {
  const caching = directives('Private="Set-Cookie, X-No", MAX-AGE = "60", No-Store');
  assert.deepEqual([caching.get('private'), caching.get('max-age'), caching.has('no-store')], ['Set-Cookie, X-No', '60', true]);
  assert.equal(directives('includeSubDomains; Max-Age="31536000"', ';').get('max-age'), '31536000');
  assert.equal(directives('max-age=0; max-age=31536000', ';').get('max-age'), '0');
  assert.equal(directives('x-no-store').has('no-store'), false);
});

test('reads a media type with parameters in any case', () => {
  assert.equal(mediaType('Application/JSON; Charset="utf-8"'), 'application/json');
  assert.equal(mediaType('text/html;charset=utf-8;q="a;b"'), 'text/html');
  assert.equal(mediaType(undefined), '');
  assert.deepEqual(
    ['application/problem+json', 'Application/JSON ;v=1', 'application/jsonp', 'text/html'].map((type) => isJsonType(type)),
    [true, true, false, false],
  );
});

test('reads several challenges, each with parameters', () => {
  assert.deepEqual(challengeSchemes('Basic realm="a, Bearer", charset="UTF-8", BEARER error = "invalid_token", scope="x y", DPoP algs="ES256"'), [
    'basic',
    'bearer',
    'dpop',
  ]);
  assert.deepEqual(challengeSchemes('Negotiate YWJj==, Bearer'), ['negotiate', 'bearer']);
  assert.deepEqual(challengeSchemes(undefined), []);
});
