import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { pathPattern } from '#static/path-pattern.ts';

suite('a pattern for paths', () => {
  const cases: readonly [pattern: string, meant: readonly string[], others: readonly string[]][] = [
    ['**', ['/', '/a', '/a/b.html', '/.well-known/x'], []],
    ['/**', ['/', '/a/b.html', '/.well-known/x'], []],
    ['*.html', ['/a.html', '/a/b/c.html'], ['/a.htm', '/a.html/b']],
    ['a.html', ['/a.html', '/x/a.html'], ['/ba.html']],
    ['/*.html', ['/a.html'], ['/a/b.html']],
    ['/assets/**', ['/assets/a', '/assets/a/b.js'], ['/assets', '/other/assets/a']],
    ['assets/**', ['/assets/a'], ['/other/assets/a']],
    ['/assets/*', ['/assets/a'], ['/assets/a/b']],
    ['/**/*.js', ['/a.js', '/x/y/a.js'], ['/a.jsx']],
    ['*.{png,jpg}', ['/a.png', '/b/c.jpg'], ['/a.gif']],
    ['**/*.@(jpg|png)', ['/a.jpg', '/b/c.png'], ['/a.gif', '/a.@jpg']],
    ['/@(a)/*', ['/a/x'], ['/@a/x']],
    ['/v?/x', ['/v1/x'], ['/v12/x', '/v/x']],
    ['/[ab].txt', ['/a.txt'], ['/c.txt']],
    ['!*.html', ['/a.js', '/'], ['/a.html']],
    ['!/private/**', ['/a'], ['/private/a']],
    ['/users/:id', ['/users/7'], ['/users', '/users/7/x']],
    ['/files/(.*)', ['/files/a/b'], ['/other/a']],
    ['/ä ö.txt', ['/ä ö.txt'], ['/a.txt']],
  ];
  for (const [pattern, meant, others] of cases) {
    test(`${pattern} means ${meant.join(' ')}${others.length > 0 ? `, not ${others.join(' ')}` : ''}`, () => {
      const isMeant = pathPattern(pattern);
      assert.ok(isMeant);
      assert.deepEqual(meant.filter(isMeant), meant);
      assert.deepEqual(others.filter(isMeant), []);
    });
  }

  for (const pattern of ['', '!', '/a/(', '/:id(', '/a/:']) {
    test(`${JSON.stringify(pattern)} is none`, () => assert.equal(pathPattern(pattern), undefined));
  }
});
