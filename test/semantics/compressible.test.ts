import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCompressible } from '#semantics/compressible.ts';

test('text by any name gets smaller, with parameters and in any case', () => {
  for (const type of [
    'text/html; charset=utf-8',
    'TEXT/Plain',
    'text/event-stream',
    'application/json;charset=UTF-8',
    'application/problem+json',
    'image/svg+xml',
    'application/xml',
    'application/javascript',
    'application/x-ndjson',
    'application/wasm',
    'font/ttf ; x=y',
  ])
    assert.equal(isCompressible(type), true, type);
});

test('what is compressed already, or of no known kind, does not', () => {
  for (const type of [
    '',
    ';',
    'image/png',
    'video/mp4',
    'application/zip',
    'font/woff2',
    'application/octet-stream',
    'x-text/html',
    'application/jsonx',
  ])
    assert.equal(isCompressible(type), false, type);
});
