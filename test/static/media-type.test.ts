import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mediaTypeOf } from '#static/media-type.ts';

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html;charset=utf-8',
  'a/b.c/INDEX.HTM': 'text/html;charset=utf-8',
  'style.css': 'text/css;charset=utf-8',
  'app.js': 'text/javascript;charset=utf-8',
  'app.min.mjs': 'text/javascript;charset=utf-8',
  'data.json': 'application/json;charset=utf-8',
  'app.js.map': 'application/json;charset=utf-8',
  'site.webmanifest': 'application/manifest+json;charset=utf-8',
  'feed.xml': 'application/xml;charset=utf-8',
  'feed.atom': 'application/atom+xml;charset=utf-8',
  'logo.svg': 'image/svg+xml;charset=utf-8',
  'robots.txt': 'text/plain;charset=utf-8',
  'README.md': 'text/markdown;charset=utf-8',
  'lib.rs': 'text/plain;charset=utf-8',
  'favicon.ico': 'image/vnd.microsoft.icon',
  'photo.JPG': 'image/jpeg',
  'photo.avif': 'image/avif',
  'film.mp4': 'video/mp4',
  'list.m3u8': 'application/vnd.apple.mpegurl',
  'font.woff2': 'font/woff2',
  'module.wasm': 'application/wasm',
  'paper.pdf': 'application/pdf',
  'archive.tar.gz': 'application/gzip',
  Makefile: 'application/octet-stream',
  html: 'application/octet-stream',
  'a.html/file': 'application/octet-stream',
  'file.': 'application/octet-stream',
  'file.unheard-of': 'application/octet-stream',
  'file.__proto__': 'application/octet-stream',
  'file.constructor': 'application/octet-stream',
};

suite('the media type of a file', () => {
  for (const [path, type] of Object.entries(TYPES)) {
    test(`${path} is ${type}`, () => {
      assert.equal(mediaTypeOf(path), type);
      assert.equal(mediaTypeOf(path), type, 'remembered');
    });
  }
});
