import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { StaticOptions } from '#static/static-options.ts';
import type { UrlOptions } from '#static/url-rules.ts';
import { isReadable } from '#static/url-rules.ts';
import { folderAlone } from '../support/static-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = temporaryFolder({
  'index.html': 'home',
  'about.html': 'about',
  'a b.html': 'spaced',
  'docs/index.html': 'docs',
  'app.js': 'script',
  'app/index.html': 'app',
  'bare/x.txt': 'text',
  'kept.json': 'kept',
  'signs/a': 'without signs',
  'signs/a?b#c%41': 'with signs',
});

const NONE: UrlOptions = {
  cleanUrls: true,
  trailingSlash: undefined,
  redirects: [],
  rewrites: [],
};

/** `200 text` or `301 /location`, for each path. */
function answers(urls: Partial<UrlOptions>, paths: readonly string[], more: Partial<StaticOptions> = {}) {
  const ask = folderAlone(root, { urls: { ...NONE, ...urls }, ...more });
  return paths.map((path) => {
    const { status, fields, text } = ask(path);
    return `${status} ${fields.location ?? text?.trim()}`;
  });
}

suite('paths by rules', () => {
  test('clean: pages are found without their .html, and sent on from it', () => {
    const paths = [
      '/about',
      '/about.html',
      '/about.html?x=1',
      '/docs/index.html',
      '/docs/index',
      '/index.html',
    ];
    assert.deepEqual(answers({}, paths), [
      '200 about',
      '301 /about',
      '301 /about?x=1',
      '301 /docs/',
      '301 /docs/',
      '301 /',
    ]);
    assert.deepEqual(answers({}, ['/', '/docs', '/docs/', '/about/', '/app.js']), [
      '200 home',
      '301 /docs/',
      '200 docs',
      '301 /about',
      '200 script',
    ]);
  });

  test('not clean: a page has the path of its file, and no other', () => {
    const paths = ['/about', '/about.html', '/docs/', '/docs/index.html'];
    assert.deepEqual(answers({ cleanUrls: false }, paths), [
      '404 404 Not Found',
      '200 about',
      '200 docs',
      '200 docs',
    ]);
  });

  test('clean in part: as the patterns say', () => {
    const paths = ['/about', '/about.html', '/docs/index.html'];
    assert.deepEqual(answers({ cleanUrls: ['/docs/**'] }, paths), [
      '404 404 Not Found',
      '200 about',
      '301 /docs/',
    ]);
  });

  test('with a slash at the end of each, but for files with an ending', () => {
    const paths = ['/about', '/about/', '/about.html', '/docs', '/docs/', '/app.js', '/', '/about?q'];
    assert.deepEqual(answers({ trailingSlash: true }, paths), [
      '301 /about/',
      '200 about',
      '301 /about/',
      '301 /docs/',
      '200 docs',
      '200 script',
      '200 home',
      '301 /about/?q',
    ]);
  });

  test('without a slash at the end of any', () => {
    const paths = ['/about/', '/docs/', '/docs', '/docs/index.html', '/', '//docs//', '//'];
    assert.deepEqual(answers({ trailingSlash: false }, paths), [
      '301 /about',
      '301 /docs',
      '200 docs',
      '301 /docs',
      '200 home',
      '301 /docs',
      '301 /',
    ]);
  });

  const redirects = [
    { source: '/old', destination: '/new', status: 301 },
    { source: '/users/:id', destination: '/people/:id/profile', status: 302 },
    { source: '/blog/*', destination: 'https://blog.example/:0', status: 308 },
    { source: '/go/:where(.*)', destination: '/:where', status: 307 },
    { source: '/a/**/z', destination: '/found#here', status: 301 },
    { source: '/with', destination: '/query?a=1', status: 301 },
  ];

  test('redirects: the first that fits, its parameters filled in, the query kept', () => {
    const paths = [
      '/old',
      '/old?x=1',
      '/users/7',
      '/users/a%20b?',
      '/blog/2020/x?y',
      '/a/b/c/z?q',
      '/with?b',
    ];
    assert.deepEqual(answers({ redirects }, paths), [
      '301 /new',
      '301 /new?x=1',
      '302 /people/7/profile',
      '302 /people/a%20b/profile?',
      '308 https://blog.example/2020/x?y',
      '301 /found?q#here',
      '301 /query?a=1',
    ]);
  });

  test('redirects never lead to another host by what a client writes (RFC3986§4.2)', () => {
    for (const path of [
      '/go//evil.example',
      '/go/%68ttp://evil.example',
      '/go/evil.example',
      '/go/@evil.example',
    ]) {
      const [answer = ''] = answers({ redirects }, [path]);
      const location = answer.slice(4);
      assert.match(location, /^\/(?!\/)/, path);
      assert.equal(new URL(location, 'http://heddle.test').host, 'heddle.test', path);
    }
    const [answer = ''] = answers({ redirects }, ['/blog/@evil.example/x']);
    assert.equal(new URL(answer.slice(4)).host, 'blog.example');
  });

  test('redirects may cut a character in two', () => {
    const cut = [{ source: '/\ud83d*', destination: '/x/:0', status: 301 }];
    assert.deepEqual(answers({ redirects: cut }, ['/%F0%9F%98%80']), ['301 /x/%EF%BF%BD']);
  });

  test('redirects are for every method: what is there may take it', () => {
    const ask = folderAlone(root, { urls: { ...NONE, redirects } });
    assert.deepEqual(
      [ask({ method: 'POST', path: '/go/x' }).status, ask({ method: 'POST', path: '/' }).status],
      [307, 405],
    );
  });

  test('rewrites: before files without an ending, and where one with an ending is not there', () => {
    const rewrites = [
      { source: '/app/**', destination: '/app/index.html' },
      { source: '/users/:page', destination: '/:page.html' },
      { source: '/missing.js', destination: '/app.js' },
      { source: '/app.js', destination: '/about.html' },
      { source: '/space', destination: '/a b.html' },
      { source: '/nowhere', destination: '/none' },
    ];
    const paths = ['/app/x/y', '/app/', '/users/about', '/app.js', '/nowhere', '/space', '/bare/x.txt'];
    assert.deepEqual(answers({ rewrites }, paths), [
      '200 app',
      '200 app',
      '200 about',
      '200 script',
      '404 404 Not Found',
      '200 spaced',
      '200 text',
    ]);
    // One after the other: what was rewritten once may be again, by those that follow.
    assert.deepEqual(answers({ rewrites }, ['/missing.js']), ['200 about']);
    const { fields } = folderAlone(root, { urls: { ...NONE, rewrites } })('/app/x/y');
    assert.equal(fields['content-location'], '/app/index.html');
  });

  test('rewrites take a name along as it is, whatever its signs mean in a URL', () => {
    const rewrites = [{ source: '/to/*', destination: '/signs/:0' }];
    assert.deepEqual(answers({ rewrites }, ['/to/a', '/to/a%3Fb%23c%2541']), [
      '200 without signs',
      '200 with signs',
    ]);
  });

  test('rewrites lead nowhere that a path may not', () => {
    const rewrites = [
      { source: '/up/:x(.*)', destination: '/../:x' },
      { source: '/dot/:x', destination: '/.git/:x' },
      { source: '/file', destination: '/kept.json' },
    ];
    const paths = ['/up/etc/passwd', '/up/..%2f..%2fetc', '/dot/config', '/file', '/kept.json'];
    for (const answer of answers({ rewrites }, paths, { hidden: ['kept.json'] }))
      assert.equal(answer, '404 404 Not Found');
  });
});

suite('a rewrite that can be read', () => {
  for (const [source, destination] of [
    ['/a', '/b'],
    ['/a/:x', '/b/:x'],
    ['/a/*', '/b/:0'],
    ['/a/**', 'https://x.example/b'],
    ['!/a', '/b'],
  ] as const)
    test(`${source} to ${destination}`, () => assert.equal(isReadable({ source, destination }), true));
  for (const [source, destination] of [
    ['/a/:x', '/b/:y'],
    ['/a/:xy', '/b/:x'],
    ['/a', '/b/:0'],
    ['/(', '/b'],
  ] as const)
    test(`not ${source} to ${destination}`, () => assert.equal(isReadable({ source, destination }), false));
});
