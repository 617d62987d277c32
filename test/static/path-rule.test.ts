import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { TraitTable } from '#static/file-traits.ts';
import { parseCacheRules, parseFieldRules } from '#static/path-rule.ts';

suite('rules for Cache-Control', () => {
  const values: readonly [text: string, value: string][] = [
    ['10s', 'public, max-age=10'],
    ['5m', 'public, max-age=300'],
    ['1h', 'public, max-age=3600'],
    ['2d', 'public, max-age=172800'],
    ['1w', 'public, max-age=604800'],
    ['1y immutable', 'public, max-age=31536000, immutable'],
    ['0s', 'public, max-age=0'],
    ['no-store', 'no-store'],
    ['private , max-age=60', 'private, max-age=60'],
    ['no-cache="set-cookie", s-maxage=5', 'no-cache="set-cookie", s-maxage=5'],
  ];
  for (const [text, value] of values) {
    test(`${text} is ${value}, for every path`, () => {
      assert.deepEqual(parseCacheRules(text), [{ pattern: '**', fields: ['cache-control', value] }]);
    });
  }

  test('stand between semicolons or on lines, each with its pattern', () => {
    assert.deepEqual(parseCacheRules('1h; *.html: no-cache\n\n /a/**:  1y immutable ;'), [
      { pattern: '**', fields: ['cache-control', 'public, max-age=3600'] },
      { pattern: '*.html', fields: ['cache-control', 'no-cache'] },
      { pattern: '/a/**', fields: ['cache-control', 'public, max-age=31536000, immutable'] },
    ]);
  });

  test('of an empty text are none', () => assert.deepEqual(parseCacheRules(''), []));

  for (const text of ['10', '1x', '1h later', 'no store', '*.html:', 'max-age=1\0', 'a=b=c', ',', '/(: 1h']) {
    test(`${JSON.stringify(text)} are none`, () => assert.equal(parseCacheRules(text), undefined));
  }
});

suite('rules for fields', () => {
  test('are for every path before the first pattern, then for that pattern', () => {
    const text = 'X-A: 1\n\n# a remark\n/b/**\n  X-B: 2\n  Link: <a>; rel=x\n*.pdf\nX-C:3';
    assert.deepEqual(parseFieldRules(text), [
      { pattern: '**', fields: ['x-a', '1'] },
      { pattern: '/b/**', fields: ['x-b', '2', 'link', '<a>; rel=x'] },
      { pattern: '*.pdf', fields: ['x-c', '3'] },
    ]);
  });

  for (const text of [
    'X-A',
    'X A: 1',
    'X-A:',
    ': 1',
    'X-A: \u{1f600}',
    'X-A: a\rb',
    'X-A: a\0',
    '/(\nX-A: 1',
  ])
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseFieldRules(text), undefined));

  for (const name of [
    'Content-Length',
    'transfer-encoding',
    'ETag',
    'Content-Encoding',
    'Connection',
    'Date',
  ])
    test(`do not give ${name}, which only who sends the content knows`, () =>
      assert.equal(parseFieldRules(`${name}: 1`), undefined));
});

suite('what is said of a file by its path', () => {
  test('without rules is by its name', () => {
    const traits = new TraitTable([]);
    assert.deepEqual(traits.of('a/b.html'), {
      cacheControl: 'no-cache',
      mediaType: 'text/html;charset=utf-8',
      isCompressible: true,
      fields: [],
    });
    assert.equal(traits.of('assets/index-DiwrGT4a.js').cacheControl, 'public, max-age=31536000, immutable');
    assert.deepEqual(traits.fieldsOf('/x'), []);
  });

  test('is what the last rule says that fits, field by field', () => {
    const traits = new TraitTable([
      { pattern: '**', fields: ['x-a', '1', 'x-b', '1', 'link', '<a>', 'link', '<b>'] },
      { pattern: '*.txt', fields: ['x-a', '2', 'content-type', 'text/x-mine', 'cache-control', 'no-store'] },
      { pattern: '/deep/**', fields: ['x-a', '3', 'link', '<c>'] },
    ]);
    assert.deepEqual(traits.of('a.txt').fields, ['x-b', '1', 'link', '<a>', 'link', '<b>', 'x-a', '2']);
    assert.deepEqual(traits.of('deep/a.txt').fields, ['x-b', '1', 'x-a', '3', 'link', '<c>']);
    assert.deepEqual(
      [traits.of('deep/a.txt').mediaType, traits.of('deep/a.txt').cacheControl],
      ['text/x-mine', 'no-store'],
    );
    assert.deepEqual(traits.fieldsOf('/deep/none'), traits.of('deep/none').fields);
  });

  test('is private where it needs a password, whatever a rule says', () => {
    const traits = new TraitTable(
      [{ pattern: '*.txt', fields: ['cache-control', 'Public, max-age=5'] }],
      true,
    );
    assert.equal(traits.of('assets/index-DiwrGT4a.js').cacheControl, 'private, max-age=31536000, immutable');
    assert.equal(traits.of('a.txt').cacheControl, 'private, max-age=5');
    assert.equal(traits.of('a.html').cacheControl, 'no-cache');
  });

  test('is remembered, but for paths that are very long, and for ten thousand at most', () => {
    const traits = new TraitTable([]);
    assert.equal(traits.of('a'), traits.of('a'));
    const long = 'a'.repeat(257);
    assert.notEqual(traits.of(long), traits.of(long));
    const first = traits.of('a');
    for (let at = 0; at < 10_000; at += 1) traits.of(`b${at}`);
    assert.notEqual(traits.of('a'), first);
  });
});
