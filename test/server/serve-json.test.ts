import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { hideFiles, planFolder } from '#server/folder-plan.ts';
import { readServeJson } from '#server/serve-json.ts';
import { settleConfig } from '#server/server-config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function folderOf(json: unknown): string {
  return temporaryFolder({ 'serve.json': typeof json === 'string' ? json : JSON.stringify(json) });
}

suite('serve.json', () => {
  test('is read as it is', () => {
    const root = folderOf({
      $schema: 'https://example.com/schema',
      public: 'dist',
      cleanUrls: ['/app/**', '!components/**'],
      rewrites: [{ source: 'app/**', destination: '/index.html' }],
      redirects: [
        { source: '/from/', destination: '/to' },
        { source: '/old-docs/:id', destination: '/new-docs/:id', type: 302 },
      ],
      headers: [{ source: '**/*.@(jpg|png)', headers: [{ key: 'Cache-Control', value: 'max-age=7200' }] }],
      directoryListing: false,
      unlisted: ['.DS_Store', '.git'],
      trailingSlash: true,
      renderSingle: true,
      symlinks: true,
      etag: true,
    });
    assert.deepEqual(readServeJson(root), {
      root: join(root, 'dist'),
      cleanUrls: ['/app/**', '!/components/**'],
      trailingSlash: true,
      rewrites: [{ source: '/app/**', destination: '/index.html' }],
      redirects: [
        { source: '/from', destination: '/to', status: 301 },
        { source: '/old-docs/:id', destination: '/new-docs/:id', status: 302 },
      ],
      rules: [{ pattern: '/**/*.@(jpg|png)', fields: ['cache-control', 'max-age=7200'] }],
      directoryListing: false,
      unlisted: ['/.DS_Store', '/.git'],
      renderSingle: true,
      symlinks: true,
    });
  });

  test('of which nothing is said has the defaults that it has elsewhere', () => {
    const { cleanUrls, trailingSlash, rewrites, redirects, rules } = readServeJson(folderOf({})) ?? {};
    assert.deepEqual([cleanUrls, trailingSlash, rewrites, redirects, rules], [true, undefined, [], [], []]);
  });

  test('may begin with a byte order mark', () => assert.ok(readServeJson(folderOf('\uFEFF{}'))));

  test('may be missing, and a folder of that name is no file', () => {
    const root = temporaryFolder({ 'a.txt': '' });
    assert.equal(readServeJson(root), undefined);
    mkdirSync(join(root, 'serve.json'));
    assert.equal(readServeJson(root), undefined);
  });

  const mistakes: readonly [what: unknown, message: RegExp][] = [
    ['{', /serve\.json: it is no JSON/],
    ['[]', /it is no object/],
    [{ cleanUrl: true }, /cleanUrl \(true\) is not one of the members: public, cleanUrls/],
    [{ cleanUrls: 1 }, /cleanUrls \(1\) is not true, false or a list of patterns/],
    [{ cleanUrls: ['/('] }, /cleanUrls .* is not true, false or a list/],
    [{ trailingSlash: 'yes' }, /trailingSlash \("yes"\) is not true or false/],
    [{ etag: 'weak' }, /etag/],
    [{ unlisted: 'x' }, /unlisted \("x"\) is not a list of patterns/],
    [{ public: '../other' }, /public .* in the one that serve\.json lies in/],
    [{ public: 5 }, /public/],
    [{ rewrites: {} }, /rewrites .* is not a list of objects with source and destination/],
    [{ rewrites: [{ source: '/a' }] }, /rewrites\[0\] is not an object with source and destination/],
    [{ rewrites: [{ source: '/a/:x', destination: '/:y' }] }, /rewrites\[0\]/],
    [{ redirects: [{ source: '/a', destination: '/b', type: 200 }] }, /redirects\[0\] .*300 to 308/],
    [{ redirects: [{ source: '/a', destination: '/b', type: 304 }] }, /redirects\[0\]/],
    [{ redirects: ['/a'] }, /redirects\[0\]/],
    [{ headers: [{ source: '/a', headers: [{ key: 'x', value: null }] }] }, /headers\[0\]/],
    [{ headers: [{ source: '/a', headers: [{ key: 'Content-Length', value: '1' }] }] }, /headers\[0\]/],
    [{ headers: [{ source: '/a', headers: [{ key: 'x', value: 'a\nb' }] }] }, /headers\[0\]/],
  ];
  for (const [json, message] of mistakes) {
    test(`${JSON.stringify(json)} is told with its member`, () => {
      assert.throws(() => readServeJson(folderOf(json)), { code: 'ERR_HEDDLE_SERVE_JSON', message });
    });
  }
});

suite('what a folder is served by', () => {
  const plan = (root: string, values: Record<string, unknown> = {}) =>
    planFolder(root, settleConfig([{ origin: () => 'here', values }]));

  test('goes by options before serve.json, and by that before defaults', () => {
    const root = folderOf({
      symlinks: true,
      headers: [{ source: '*', headers: [{ key: 'x', value: '1' }] }],
    });
    assert.equal(plan(root).symlinks, true);
    assert.equal(plan(root, { symlinks: false }).symlinks, false);
    assert.deepEqual(
      plan(root, { securityHeaders: true, cache: '1h' }).rules?.map(({ pattern }) => pattern),
      ['**', '/*', '**'],
    );
  });

  test('lists folders as serve.json says, unless an option does', () => {
    const root = folderOf({ directoryListing: ['/docs/**'], unlisted: ['x'], renderSingle: true });
    const { listing, unlisted, onlyFile } = plan(root);
    assert.deepEqual(
      { listing, unlisted, onlyFile },
      { listing: ['/docs/**'], unlisted: ['/x'], onlyFile: true },
    );
    assert.equal(plan(root, { listing: true }).listing, true);
    assert.equal(plan(folderOf({})).listing, false);
    // Relative links of a page need its slash.
    assert.equal(plan(folderOf({ directoryListing: true, trailingSlash: false })).listing, false);
  });

  test('leaves serve.json itself out', () => {
    assert.deepEqual(plan(folderOf({})).hidden, ['serve.json']);
    const root = folderOf({ public: 'dist' });
    mkdirSync(join(root, 'dist'));
    writeFileSync(join(root, 'dist', 'serve.json'), '{}');
    assert.deepEqual([plan(root).root, plan(root).hidden], [join(root, 'dist'), []]);
  });

  test('the files of the server are left out too, by whatever link the folder is served', () => {
    const base = temporaryFolder({ 'site/app.ts': '', 'other.ts': '', '..other.ts': '' });
    symlinkSync('site', join(base, 'link'));
    const files = ['site/app.ts', 'other.ts', '..other.ts'].map((name) => join(base, name));
    for (const name of ['site', 'link'])
      assert.deepEqual(hideFiles(plan(join(base, name)), files).hidden, ['app.ts'], name);
  });

  test('lies in a folder that may be written with a slash at its end', () => {
    const root = folderOf({ public: 'dist' });
    assert.equal(plan(`${root}/`).root, join(root, 'dist'));
    assert.deepEqual(plan(`${folderOf({ public: '.' })}/`).hidden, ['serve.json']);
  });
});
