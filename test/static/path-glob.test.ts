import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { suite, test } from 'node:test';
import { pathGlob } from '#static/path-glob.ts';
import { pathPattern } from '#static/path-pattern.ts';
import { parseUrlPath } from '#static/url-path.ts';
import { UrlRules } from '#static/url-rules.ts';

const NAME_PATTERNS = [
  ...[
    'a',
    'b',
    '.a',
    '*',
    '**',
    '?',
    '*.b',
    'a*',
    '*a*b',
    '{a,b}',
    '{a,.b}c',
    '[ab]',
    '[!a]',
    '[a-c]x',
    'a?',
  ],
  ...['.*', '**a', '{a/b,c}', '{a,{b,c}}', 'a.b', '-', '*-*', 'ä*', '?.b'],
];
const NAMES = [
  'a',
  'b',
  'ab',
  '.a',
  '.b',
  'a.b',
  'ba.b',
  'aab',
  'bc',
  '.bc',
  'ac',
  'c',
  '-',
  '--',
  'a-b',
  'bx',
  'äb',
];

/** The same numbers at each run. */
function numbers(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** CPU milliseconds of this process. */
function costOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

suite('a glob', () => {
  test('means what it means to path.matchesGlob()', () => {
    const below = numbers();
    const some = (of: readonly string[], count: number) =>
      Array.from({ length: count }, () => `/${of[below(of.length)]}`).join('');
    for (let round = 0; round < 20_000; round += 1) {
      const pattern = some(NAME_PATTERNS, 1 + below(4));
      const path = `${some(NAMES, 1 + below(4))}${below(5) === 0 ? '/' : ''}`;
      assert.equal(pathGlob(pattern)?.(path), posix.matchesGlob(path, pattern), `${pattern} ${path}`);
    }
  });

  test('of too many alternatives is none', () => {
    assert.equal(pathGlob(`/${'{a,b}'.repeat(11)}`), undefined);
    assert.ok(pathGlob(`/${'{a,b}'.repeat(9)}`));
  });

  for (const pattern of ['*-*-*.js', '/**/*-*-*.js', '*-*-*-*-*.{js,css}', '/users/:id/*-*.js']) {
    test(`${pattern} costs little whatever the path`, () => {
      const isMeant = pathPattern(pattern);
      assert.ok(isMeant);
      const cost = costOf(() => assert.equal(isMeant(`/${'-'.repeat(4000)}`), false));
      assert.ok(cost < 1000, `${cost} ms`);
    });
  }

  for (const source of ['/**/old.html', '/**/*-*.html', '/**/:name/old', '/a/*/*/*/z', '/**/b/**/c/**/d']) {
    test(`a redirect from ${source} costs little whatever the path`, () => {
      const redirects = [{ source, destination: '/', status: 301 }];
      const options = { cleanUrls: false, trailingSlash: undefined, rewrites: [] };
      const path = parseUrlPath(`${'/a'.repeat(2000)}/y`);
      assert.ok(typeof path !== 'string');
      const rules = new UrlRules({ ...options, redirects });
      const cost = costOf(() => assert.equal(rules.find({ open: () => 'missing' }, path), 'missing'));
      assert.ok(cost < 1000, `${cost} ms`);
    });
  }
});
