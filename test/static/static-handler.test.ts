import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { firstAnswer } from '#exchange/first-answer.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { besideApp, folderAlone, letLookAgain } from '../support/static-answers.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

const SITE = {
  'index.html': 'home',
  '404.html': 'not here',
  'docs/index.html': 'docs',
  'docs/a b.html': 'spaced',
  'evil/index.html': 'evil',
  'd{r/index.html': 'braces',
  'bare/file.txt': 'text',
  'odd/index.html/x': 'an index that is a folder',
};

suite('a folder alone', () => {
  const root = temporaryFolder(SITE);
  const ask = folderAlone(root);

  test('answers / and folders with their index.html', () => {
    assert.deepEqual([ask('/').status, ask('/').text], [200, 'home']);
    assert.equal(ask('/docs/').text, 'docs');
    assert.equal(ask('/docs/index.html?x=/../').text, 'docs');
    assert.equal(ask('/docs/a%20b.html').text, 'spaced');
    assert.equal(ask('/').fields['content-type'], 'text/html;charset=utf-8');
  });

  const redirects: [string, string][] = [
    ['/docs', '/docs/'],
    ['/docs?a=b&c=/d', '/docs/?a=b&c=/d'],
    ['/docs?', '/docs/?'],
    ['/docs?//evil.example', '/docs/?//evil.example'],
    ['/%64ocs', '/%64ocs/'],
    ['//evil', '/evil/'],
    ['///evil?x', '/evil/?x'],
    ['//evil/', '/evil/'],
    ['//docs//a%20b.html', '/docs/a%20b.html'],
    ['//', '/'],
    ['/docs?a={x}|^`\\', '/docs/?a=%7Bx%7D%7C%5E%60%5C'],
    ['/docs?a[]=%zz&b=%41', '/docs/?a%5B%5D=%25zz&b=%41'],
    ['/d{r', '/d%7Br/'],
  ];
  for (const [path, location] of redirects) {
    test(`redirects ${path} to ${location}, which stays on this host (RFC3986§4.2)`, () => {
      const answer = ask(path);
      assert.deepEqual([answer.status, answer.fields.location, answer.text], [301, location, undefined]);
      assert.equal(new URL(location, 'http://heddle.test').host, 'heddle.test');
      assert.equal(ask(location).status, 200);
    });
  }

  test('redirects before it looks at preconditions (RFC9110§13.2.1)', () => {
    assert.equal(ask({ path: '/docs', fields: { 'if-none-match': '*' } }).status, 301);
  });

  test('redirects HEAD with the fields of GET (RFC9110§9.3.2)', () => {
    assert.deepEqual(ask({ method: 'HEAD', path: '/docs' }).fields, ask('/docs').fields);
    assert.equal(ask('/docs').fields['content-length'], '0');
  });

  test('answers 400, 405 and OPTIONS before it looks at preconditions (RFC9110§13.2.1)', () => {
    const fields = { 'if-match': '"other"', 'if-none-match': '*' };
    for (const method of ['OPTIONS', 'POST', 'DELETE']) {
      assert.equal(ask({ method, path: '/index.html', fields }).status, 405, method);
    }
    assert.equal(ask({ path: '/%zz', fields }).status, 400);
  });

  test('answers 404 with 404.html, whatever the request asks of it', () => {
    const unfound = ['/nothing', '/bare', '/bare/', '/odd/', '/odd', '/index.html/', '/.env', '/..'];
    for (const path of unfound) {
      const answer = ask({ path, fields: { range: 'bytes=0-1', 'if-none-match': '*' } });
      assert.deepEqual([answer.status, answer.text], [404, 'not here'], path);
      assert.deepEqual(answer.fields, {
        'cache-control': 'no-cache',
        'content-type': 'text/html;charset=utf-8',
        'content-length': '8',
      });
    }
  });

  test('answers HEAD with the 404 of GET, without content', () => {
    const { status, fields, text } = ask({ method: 'HEAD', path: '/nothing' });
    assert.deepEqual([status, fields, text], [404, ask('/nothing').fields, undefined]);
  });

  test('answers a plain 404 where there is no 404.html', () => {
    const { status, text } = folderAlone(temporaryFolder({ 'index.html': '' }))('/nothing');
    assert.deepEqual([status, text], [404, '404 Not Found\n']);
  });

  test('sends 404.html with 200 where it is asked for by name', () =>
    assert.equal(ask('/404.html').status, 200));

  test('answers 400 to what is no path', () => {
    for (const path of ['/%zz', '/%00', '/%ff']) assert.equal(ask(path).status, 400, path);
  });

  test('answers 405 with Allow to other methods where there is a file (RFC9110§15.5.6), else 404', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get', 'BREW']) {
      const { status, fields } = ask({ method, path: '/index.html' });
      assert.deepEqual([status, fields.allow], [405, 'GET, HEAD'], method);
      assert.equal(ask({ method, path: '/docs' }).status, 405);
      assert.equal(ask({ method, path: '/nothing' }).status, 404);
    }
    assert.equal(ask({ method: 'OPTIONS', path: '*' }).status, 405);
  });

  test('sees files that come, change and go', () => {
    const path = join(root, 'news.txt');
    assert.equal(ask('/news.txt').status, 404);
    writeSettled(path, 'one');
    letLookAgain();
    assert.equal(ask('/news.txt').text, 'one');
    writeSettled(path, 'other');
    letLookAgain();
    assert.equal(ask('/news.txt').text, 'other');
    rmSync(path);
    letLookAgain();
    assert.equal(ask('/news.txt').status, 404);
  });
});

suite('a folder beside an app', () => {
  const root = temporaryFolder(SITE);
  const ask = besideApp(root);

  test('answers what it has, redirects and preconditions included', () => {
    assert.equal(ask('/')?.text, 'home');
    assert.equal(ask('/docs')?.fields.location, '/docs/');
    assert.equal(ask({ fields: { 'if-none-match': '*' } })?.status, 304);
    assert.equal(ask({ fields: { range: 'bytes=9-' } })?.status, 416);
  });

  test('leaves everything else to the app', () => {
    const others = ['/nothing', '/bare', '/bare/', '/.env', '/a%2Fb', '/%zz', '/..', '*'];
    for (const path of others) assert.equal(ask(path), undefined, path);
    for (const method of ['POST', 'OPTIONS', 'get'])
      assert.equal(ask({ method, path: '/index.html' }), undefined, method);
  });

  test('is asked first and stays in the same tick', () => {
    const app = () => ({ status: 200, fields: [], body: 'app' });
    const handler = firstAnswer([createStaticHandler({ root, notFoundPage: false }), app]);
    const bodyOf = (path: string) => {
      const answer = handler(fakeRequest({ path }));
      return answer !== undefined && 'body' in answer ? String(answer.body) : undefined;
    };
    assert.equal(bodyOf('/'), 'home');
    assert.equal(bodyOf('/api'), 'app');
  });
});

suite('a process without a descriptor left', () => {
  test('answers 503 in both modes, since the file may well exist, and recovers', () => {
    const script = fileURLToPath(new URL('./no-descriptors.ts', import.meta.url));
    const command = 'ulimit -n 64 && exec "$0" "$1" "$2"';
    const root = temporaryFolder(SITE);
    const run = spawnSync('sh', ['-c', command, process.execPath, script, root], { encoding: 'utf8' });
    assert.equal(run.stderr, '');
    assert.deepEqual(JSON.parse(run.stdout), {
      alone: 503,
      besideApp: 503,
      retryAfter: '1',
      afterwards: 200,
    });
  });
});
