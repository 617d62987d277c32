import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheControlOf, IMMUTABLE, REVALIDATE } from '#static/cache-control.ts';

for (const name of [
  'assets/index-DiwrGT4a.js',
  'assets/index-B3x_9-kQ.css',
  'assets/logo-BmUHvZ0s.svg',
  'assets/chunks/vendor-abCD1234.js',
  '_astro/page.CKx3vq4o.css',
  'assets/no-digits-aBcDeFgh.js',
  'app/immutable/entry/start.Bx91Kd2a.js',
  'static/js/main.8f3a2b1c.js',
  'main.3f2a9c1b.css',
  'deep/runtime-0123456789abcdef0123.js',
  'app.0a1b2c3d.min.js',
  '_next/static/chunks/4bd1b696-100a2b3c4d5e6f70.js',
  'build/entry-ABCDEFG2.js',
]) {
  test(`${name} never changes: it is kept for a year`, () => assert.equal(cacheControlOf(name), IMMUTABLE));
}

for (const name of [
  'index.html',
  'app.js',
  'assets/app.js',
  'assets/document.js',
  'assets/my-document.js',
  'assets/component-settings.css',
  'jquery-3.6.0.min.js',
  'bootstrap-20210101.css',
  'photo-IMG12345.jpg',
  'report-deadbeef.js',
  'facade.js',
  'main.3f2a9c1b.html',
  'data.0a1b2c3d.txt',
  'assets/README22',
  'assets/index-DiwrgTda.html',
  'vendor-DiwrGT4a.js',
  'assets/my-Document.js',
  'assets/my-JavaDocs.js',
  'assets/book-Chapter1.js',
  'assets/book-chapter1.js',
  'assets/holiday-IMG_1234.jpg',
  'assets/holiday-IMG12345.jpg',
  'assets/holiday-20210101.jpg',
  'assets/x-ABCDEFGH.js',
]) {
  test(`${name} may change: it is asked about each time`, () =>
    assert.equal(cacheControlOf(name), REVALIDATE));
}
