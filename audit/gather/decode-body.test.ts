import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { decodeBody } from './decode-body.ts';

test('decodes the codings of HTTP, and keeps what it cannot decode', () => {
  const text = Buffer.from('{"title":"ä"}');
  assert.equal(decodeBody(gzipSync(text), ' GZIP ', 100).toString(), text.toString());
  assert.equal(decodeBody(deflateSync(text), 'deflate', 100).toString(), text.toString());
  assert.equal(decodeBody(brotliCompressSync(text), 'br', 100).toString(), text.toString());
  assert.equal(decodeBody(text, 'gzip', 100), text);
  assert.equal(decodeBody(text, '', 100), text);
  const large = gzipSync(Buffer.alloc(1_000));
  assert.equal(decodeBody(large, 'gzip', 100), large);
});
