import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parseUrlPath, type UrlPathRefusal } from '#static/url-path.ts';

const PLACES: [string, string][] = [
  ['/', ''],
  ['/a', 'a'],
  ['/a/b.html', 'a/b.html'],
  ['/a/b/', 'a/b'],
  ['/a?b/../c', 'a'],
  ['/a%20b', 'a b'],
  ['/%C3%BC.html', 'ü.html'],
  ['/%252e%252e/a', '%2e%2e/a'],
  ['/%252fa', '%2fa'],
  ['/a..b', 'a..b'],
  ['/a.', 'a.'],
  ['/%41', 'A'],
  ['/.well-known/acme-challenge/x', '.well-known/acme-challenge/x'],
  ['/%2ewell-known/x', '.well-known/x'],
];

const REFUSALS: Record<UrlPathRefusal, string[]> = {
  malformed: [
    ...[
      '',
      '*',
      'a',
      'http://heddle.test/',
      '/a b',
      '/ü',
      '/a#b',
      '/a?b#c',
      '/a\r\nb',
      '/a?\r\nb',
      '/a\0',
      '/a\x7f',
    ],
    ...['/%', '/%4', '/%zz', '/a%', '/%00', '/a%00.html', '/a%0a', '/%0d%0aX:y', '/%7f', '/%1b'],
    ...[
      '/%ff',
      '/%c0%ae',
      '/%c0%af',
      '/%e0%80%ae',
      '/%f0%80%80%ae',
      '/%ed%a0%80',
      '/%f4%90%80%80',
      '/%c3',
      '/%80',
    ],
  ],
  hidden: [
    ...['/.', '/..', '/../', '/../a', '/a/..', '/a/../b', '/./a', '/a/.', '/...', '/..;/a', '/a/..%20/b'],
    ...['/%2e', '/%2e%2e', '/.%2e/a', '/%2E%2E/a', '/a/%2e%2e/%2e%2e/b'],
    ...[
      '/a%2fb',
      '/a%2Fb',
      '/..%2fa',
      '/%2fa',
      '/a%5cb',
      '/a%5Cb',
      '/..%5ca',
      '/a\\b',
      '/\\a',
      '/..\\a',
      '/\\\\a',
    ],
    ...['/.git', '/.git/config', '/a/.env', '/.env?x', '/%2eenv', '//.env', '/.ENV'],
    ...['/a/.well-known/b', '/.well-known/.env', '/.well-known/../a', '/.well-known2/a', '/.Well-Known/a'],
  ],
};

suite('a request path', () => {
  for (const [path, place] of PLACES) {
    test(`${path} is the place "${place}"`, () => {
      const parsed = parseUrlPath(path);
      assert.ok(typeof parsed === 'object');
      assert.equal(parsed.relativePath, place);
    });
  }

  for (const [refusal, paths] of Object.entries(REFUSALS)) {
    for (const path of paths) {
      test(`${JSON.stringify(path)} is ${refusal}`, () => assert.equal(parseUrlPath(path), refusal));
    }
  }

  test('is split into a path of single slashes and its query', () => {
    assert.deepEqual(parseUrlPath('//a///b//?c//d?e'), {
      relativePath: 'a/b',
      namesFolder: true,
      pathname: '//a///b//',
      canonicalPath: '/a/b/',
      query: '?c//d?e',
    });
  });

  test('keeps its escapes in the canonical path, so that a redirect says what was asked', () => {
    const parsed = parseUrlPath('//%41%20b');
    assert.ok(typeof parsed === 'object');
    assert.equal(parsed.canonicalPath, '/%41%20b');
  });

  test('of any spelling gives a relative place without dot segments, or a refusal', () => {
    const piece = fc.constantFrom(
      ...['/', '.', '..', '%2e', '%2f', '%5c', '\\', '%', '%25', '%00', '%c0%ae', 'a', '?', ';'],
    );
    const spelling = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
    fc.assert(
      fc.property(spelling, (path) => {
        const parsed = parseUrlPath(path);
        if (typeof parsed === 'string') return;
        const segments = parsed.relativePath.split('/');
        assert.ok(
          parsed.relativePath === '' || segments.every((segment) => /^[^.\0\\][^\0\\]*$/.test(segment)),
        );
        assert.match(parsed.canonicalPath, /^\/(?!\/)/);
      }),
      { numRuns: 2000 },
    );
  });
});
