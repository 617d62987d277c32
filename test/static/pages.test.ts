import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { besideApp, folderAlone } from '../support/static-answers.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

const SITE = {
  'index.html': 'home',
  'about.html': 'about',
  'both.html': 'the page',
  'both/index.html': 'the folder',
  'bare.html': 'beside a folder without an index',
  'bare/file.txt': 'text',
  exact: 'no ending',
  'exact.html': 'with one',
  'v1.2.html': 'a dot in its name',
  'docs/sp ace.html': 'spaced',
  'x.html.html': 'twice',
};

suite('a page is found without its ending', () => {
  const root = temporaryFolder(SITE);
  const ask = folderAlone(root);

  const pages: [string, string, string | undefined][] = [
    ['/about', 'about', '/about.html'],
    ['/about?x=1', 'about', '/about.html'],
    ['/about.html', 'about', undefined],
    ['/exact', 'no ending', undefined],
    ['/both/', 'the folder', undefined],
    ['/bare', 'beside a folder without an index', '/bare.html'],
    ['/v1.2', 'a dot in its name', '/v1.2.html'],
    ['/docs/sp%20ace', 'spaced', '/docs/sp%20ace.html'],
    ['/', 'home', undefined],
  ];
  for (const [path, text, contentLocation] of pages) {
    test(`${path} is ${text}; Content-Location: ${contentLocation} (RFC9110§8.7)`, () => {
      const answer = ask(path);
      assert.deepEqual(
        [answer.status, answer.text, answer.fields['content-location']],
        [200, text, contentLocation],
      );
    });
  }

  const redirects: [string, string][] = [
    ['/about/', '/about'],
    ['/about/?x=//evil', '/about?x=//evil'],
    ['//about', '/about'],
    ['//about//', '/about'],
    ['/both', '/both/'],
    ['/bare/', '/bare'],
    ['/docs/sp%20ace/', '/docs/sp%20ace'],
  ];
  for (const [path, location] of redirects) {
    test(`redirects ${path} to ${location}`, () => {
      const answer = ask(path);
      assert.deepEqual([answer.status, answer.fields.location], [301, location]);
      assert.equal(ask(location).status, 200);
    });
  }

  for (const path of ['/x.html', '/nothing', '/nothing/', '/about/more', '/.html', '/docs/']) {
    test(`${path} is a 404`, () => assert.equal(ask(path).status, 404));
  }

  test('beside an app, too', () => {
    const beside = besideApp(root);
    assert.equal(beside('/about')?.text, 'about');
    assert.equal(beside('/nothing'), undefined);
  });
});

suite('a status has its page where the root has one', () => {
  const root = temporaryFolder({
    '400.html': 'what?',
    '404.html': 'not here',
    '405.html': 'not so',
    'index.html': 'home',
  });
  const ask = folderAlone(root);

  test('404.html, 400.html, 405.html with Allow', () => {
    assert.deepEqual([ask('/x').status, ask('/x').text], [404, 'not here']);
    assert.deepEqual([ask('/%00').status, ask('/%00').text], [400, 'what?']);
    const refused = ask({ method: 'POST', path: '/' });
    assert.deepEqual([refused.status, refused.text, refused.fields.allow], [405, 'not so', 'GET, HEAD']);
    assert.equal(refused.fields.etag, undefined, 'it is not what was asked for');
  });

  test('without it the bare status', () => {
    const bare = folderAlone(temporaryFolder({ 'a.txt': '' }));
    assert.equal(bare('/x').text, '404 Not Found\n');
  });
});

suite('a single-page app (--single)', () => {
  const root = temporaryFolder({ 'index.html': 'the app', 'app.js': 'script', '404.html': 'not here' });
  const ask = folderAlone(root, { single: true });
  const navigation = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  test('a navigation to a path without a file gets the page, with validators', () => {
    for (const fields of [navigation, { 'sec-fetch-mode': 'navigate', accept: '*/*' }]) {
      const answer = ask({ path: '/orders/17?tab=2', fields });
      assert.deepEqual([answer.status, answer.text], [200, 'the app']);
      assert.equal(answer.fields['content-location'], '/index.html');
      assert.equal(answer.fields.vary, 'sec-fetch-mode, accept, accept-encoding');
      const again = ask({
        path: '/orders/18',
        fields: { ...fields, 'if-none-match': answer.fields.etag ?? '' },
      });
      assert.deepEqual([again.status, again.fields.vary], [304, answer.fields.vary]);
    }
  });

  test('a script, a picture or data that is missing is a 404, which says what it depends on', () => {
    for (const fields of [
      {},
      { accept: '*/*' },
      { accept: 'application/json' },
      { accept: 'text/html', 'sec-fetch-mode': 'cors' },
      { accept: 'text/htmlx' },
    ]) {
      const answer = ask({ path: '/missing.js', fields });
      assert.deepEqual([answer.status, answer.fields.vary], [404, 'sec-fetch-mode, accept']);
    }
  });

  test('files are files, and other methods are not navigations', () => {
    assert.equal(ask({ path: '/app.js', fields: navigation }).text, 'script');
    assert.equal(ask({ method: 'POST', path: '/orders', fields: navigation }).status, 404);
  });

  test('without an index.html a navigation is a 404; so it is without the option', () => {
    assert.equal(
      folderAlone(temporaryFolder({}), { single: true })({ path: '/x', fields: navigation }).status,
      404,
    );
    assert.equal(folderAlone(root)({ path: '/x', fields: navigation }).status, 404);
  });
});

test('a link that leaves the folder is followed with --symlinks alone', (context) => {
  const outside = mkdtempSync(join(tmpdir(), 'heddle-outside-'));
  context.after(() => rmSync(outside, { recursive: true }));
  writeSettled(join(outside, 'shared.txt'), 'from outside');
  const root = temporaryFolder({ 'a.txt': 'inside' });
  symlinkSync(join(outside, 'shared.txt'), join(root, 'link.txt'));
  symlinkSync(outside, join(root, 'folder'));
  symlinkSync('/dev/zero', join(root, 'device'));

  assert.equal(folderAlone(root)('/link.txt').status, 404);
  assert.equal(folderAlone(root)('/folder/shared.txt').status, 404);
  const following = folderAlone(root, { symlinks: true });
  assert.equal(following('/link.txt').text, 'from outside');
  assert.equal(following('/folder/shared.txt').text, 'from outside');
  assert.equal(following('/device').status, 404, 'a device is no file');
});
